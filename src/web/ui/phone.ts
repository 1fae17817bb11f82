import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** A number as people write it: `(415) 555-0132`, with the country only when it is another one; else as it is. */
export function phoneText(phone: string | null, country = 'US'): string | null {
  if (!phone?.startsWith('+')) return phone;
  const number = parsePhoneNumberFromString(phone);
  if (!number?.isPossible()) return phone;
  const home = country === 'CA' || country === 'US' ? ['US', 'CA', undefined] : [country];
  const here = home.includes(number.country) && (number.country !== undefined || number.countryCallingCode === '1');
  return here ? number.formatNational() : number.formatInternational();
}
