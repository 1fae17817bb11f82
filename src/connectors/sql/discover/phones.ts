import type { Guess } from './guess.js';
import type { Kept } from './kept.js';
import type { Mapping } from '../mapping.js';

type Phones = Mapping['clients']['phones'];
type Phone = NonNullable<Phones[string]>;

/** Keeps the phones of a mapping whose number column this installation has. */
export function keptPhones(kept: Kept, phones: Phones): Record<string, Phone> {
  return Object.fromEntries(
    Object.entries(phones).flatMap(([name, phone]) => {
      if (phone === null || !kept.has(phone.number)) return [];
      const { number, area, label } = phone;
      return [[name, { number, area: kept.has(area) ? area : null, label: kept.has(label) ? label : null }]];
    }),
  );
}

/** Returns the patterns to guess phones by, if the mapping names none or one that is missing. */
export function phoneWords(kept: Record<string, Phone>, current: Phones): string[] {
  const named = Object.entries(current).filter(([, phone]) => phone !== null);
  const whole = Object.keys(current).length > 0 && named.every(([name]) => name in kept);
  const areas = named.filter(([name, phone]) => phone?.area && !kept[name]?.area);
  return [
    ...(whole ? [] : ['homePhone', 'workPhone', 'cellPhone']),
    ...(whole && areas.length === 0 ? [] : ['areaCode']),
  ];
}

/** Combines kept and guessed phones. A guessed area code goes to the home phone or to a phone that lost its own. */
export function withGuessedPhones(
  kept: Record<string, Phone>,
  current: Phones,
  { homePhone, areaCode, workPhone, cellPhone }: Partial<Guess>,
  words: (column: string) => string,
): Record<string, Phone> {
  const area = areaCode ?? null;
  const stayed = Object.entries(kept).map(([name, phone]) => {
    const lost = current[name]?.area && phone.area === null;
    return [name, lost ? { ...phone, area } : phone];
  });
  return {
    ...(homePhone ? { home: { number: homePhone, area, label: null } } : {}),
    ...(workPhone ? { work: { number: words(workPhone), area: null, label: null } } : {}),
    ...(cellPhone ? { cell: { number: words(cellPhone), area: null, label: null } } : {}),
    ...(Object.fromEntries(stayed) as Record<string, Phone>),
  };
}
