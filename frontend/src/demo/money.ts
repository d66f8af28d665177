/** An amount as the shop's API writes it. */
export interface Money {
  readonly amount: string;
  readonly currency: string;
}

export const JUG: Money = { amount: '49.90', currency: 'EUR' };
export const MUG: Money = { amount: '19.90', currency: 'EUR' };
export const MUG_ON_OFFER: Money = { amount: '15.90', currency: 'EUR' };

/** Return the amount as the locale writes it: `49,90 €` or `€49.90`. */
export const moneyText = ({ amount, currency }: Money, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'currency', currency }).format(Number(amount));
