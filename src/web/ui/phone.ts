import { parsePhoneNumberFromString } from 'libphonenumber-js/min';

/** Formats a phone number for reading: `(415) 555-0132`, with a country code only if foreign. Returns other text unchanged. */
export function phoneText(phone: string | null, country = 'US'): string | null {
  if (!phone?.startsWith('+')) return phone;
  const number = parsePhoneNumberFromString(phone);
  if (!number?.isPossible()) return phone;
  const home = country === 'CA' || country === 'US' ? ['US', 'CA', undefined] : [country];
  const here = home.includes(number.country) && (number.country !== undefined || number.countryCallingCode === '1');
  return here ? number.formatNational() : number.formatInternational();
}
