/** A phone number with a separate area code, as AVImark stores it. */
export interface Phone {
  area: string;
  number: string;
}

export type PhoneKind = 'home' | 'work' | 'cell';

/** Real area codes, used only with the 555 exchange and Australia's 5550, which are reserved for fiction. */
const usAreas =
  '312 773 708 303 720 970 212 646 718 206 253 425 415 510 650 512 737 830 617 857 781 404 470 678 215 267 610 313 248 586 602 480 623 702 725 775 503 971 541 612 651 763'.split(
    ' ',
  );
const auAreas = ['02', '03', '07', '08'];
const offsets: Record<PhoneKind, number> = { home: 0, work: 3001, cell: 6007 };

/** Returns the phone of a client: unique within its kind for the first 140,000 clients, in an irregular order. */
export function phoneOf(seed: number | string, client: number, kind: PhoneKind, country: 'US' | 'AU'): Phone {
  const areas = country === 'AU' ? auAreas : usAreas;
  // A block uses three area codes with 10,000 numbers each; then the next three follow.
  const block = Math.floor(client / 30_000);
  const start = String(seed).length * 3;
  const area = areas[(start + block * 3 + (client % 3)) % areas.length] as string;
  // 7919 has no factor in common with 10000, so that every number occurs once.
  const line = ((Math.floor((client % 30_000) / 3) * 7919 + offsets[kind]) % 10_000).toString().padStart(4, '0');
  return { area, number: country === 'AU' ? `5550 ${line}` : `555-${line}` };
}
