import { Brand as NamedBrand } from '../chrome/Brand';
import { useLanguage } from './language';

export function Brand() {
  const { say } = useLanguage();
  return <NamedBrand name={say('room.name')} />;
}
