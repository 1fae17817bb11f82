import type { Random } from './random.js';

/** Unusual names as people really have or type them; every page must show them unchanged. */
export const oddNames: readonly [first: string, last: string][] = [
  ["D'Arcy", "O'Shaughnessy"],
  ['Siân', "N'Diaye"],
  ['José María', 'Muñoz-Ibáñez'],
  ['Zoë', 'Åström'],
  ['Bjørn', 'Sørensen'],
  ['Renée', 'Lefèvre – Dubois'],
  ['François', 'L’Écuyer'],
  ['Łukasz', 'Wójcik'],
  ['Nguyễn', 'Thị Hòa'],
  ['李雷', '王'],
  ['さくら', '山田'],
  ['민준', '김'],
  ['مريم', 'الحسن'],
  ['יעל', 'כהן'],
  ['Ольга', 'Иванова'],
  ['Ελένη', 'Παπαδοπούλου'],
  ['Rosie 🐾', 'Marsh'],
  ['Robert"); DROP TABLE CLIENT;--', 'Tables'],
  ['<script>alert(1)</script>', 'Byte'],
  ['{{firstName}}', '%s ${name}'],
  ['Null', 'Null'],
  ['X', 'Æ'],
  ['Wolfeschlegelsteinhausen', 'Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh-Cholmondeley-Marjoribanks'],
  ['  Double  Spaced ', ' Lead'],
  ['MARY-ANN', 'VON DER HEIDE'],
  ['jean', 'mcdonald'],
  ['Anna\u200b', 'Zero\u00adWidth'],
  ['Pat\tTab', 'Line\nBreak'],
  // A Windows-1252 apostrophe that was decoded as Latin-1, and UTF-8 that was decoded as Latin-1.
  ['Pat', 'O\u0092Hara'],
  ['JÃ¼rgen', 'MÃ¼ller'],
];

/** Returns a malformed address, or another text that staff type into an email field. */
export function malformedEmail(random: Random, local: string, domain: string): string {
  return random.pick([
    `${local}@`,
    `${local}.${domain}`,
    `@${domain}`,
    `${local}@@${domain}`,
    `${local}@${domain.replace('.', '..')}`,
    `${local}@${domain.split('.')[0]}`,
    `${local.replace('.', ' ')}@${domain}`,
    `${local}.@${domain}`,
    'ask daughter for it',
    `${local}@${domain} old one bounced`,
  ]);
}

/** Returns a placeholder that staff type into a required field, at a reserved domain name. */
export function placeholderEmail(random: Random): string {
  return random.pick([
    'none@none.example',
    'noemail@noemail.example',
    'no@email.example',
    'NA',
    'n/a',
    'declined',
    'DECLINED@DECLINED.EXAMPLE',
    'test@test.example',
    'asdf@asdf.example',
    'none@example.com',
    'x@example.org',
    'refused@example.net',
    '0000@none.example',
  ]);
}

/** Remarks that staff keep in a name field. */
export const notes = ['*DECEASED*', '(do not contact)', '- DUPLICATE', '** CASH ONLY **', 'TEST CLIENT'];
