import { Brand as NamedBrand } from '../chrome/Brand';
import { useLanguage } from './language';

export function Brand() {
  const { words } = useLanguage();
  return <NamedBrand name={words('shop.name')} />;
}
