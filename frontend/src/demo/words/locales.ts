import type { Locale } from '../../inbox';
import { en } from './en';
import { es } from './es';

export type DemoWords = Readonly<Record<keyof typeof es, string>>;

export const DEMO_LOCALES: Readonly<Record<Locale, DemoWords>> = { es, en };
