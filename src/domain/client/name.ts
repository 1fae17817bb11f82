const plain = /^[!-~]+(?: [!-~]+)*$/;
// Line breaks could start an email header; direction marks could turn a sentence around.
const breaks = /[\p{Cc}\u2028\u2029\s]+/gu;
const invisible = /[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const loneSurrogates = /\p{Cs}/gu;
const longest = 200;

/** A name or short text as a person may read it: one line, trimmed, NFC, at most 200 characters; null when nothing is left. */
export function cleanText(raw: string | null): string | null {
  if (raw === null || raw === '') return null;
  if (raw.length <= longest && plain.test(raw)) return raw;
  const text = raw
    .slice(0, 4 * longest)
    .replace(loneSurrogates, '\ufffd')
    .replace(invisible, '')
    .replace(breaks, ' ')
    .normalize('NFC')
    .trim();
  return text === '' ? null : text.length <= longest ? text : [...text].slice(0, longest / 2).join('');
}

/** True for text of several lines: an address block or a swallowed row, and never a name or an email address. */
export function hasLines(text: string): boolean {
  return /[\n\r\u2028\u2029]/.test(text.trim());
}

/** Two names that fold to the same text are the same name but for case, accents, spaces and punctuation. */
export function foldName(name: string | null): string {
  if (name === null) return '';
  const lower = name.toLowerCase();
  if (/^[a-z]+$/.test(lower)) return lower;
  return lower.normalize('NFKD').replace(/[^\p{L}\p{N}]/gu, '');
}

const notes =
  /\b(?:deceased|dec'd|passed away|do not (?:use|contact|call|e-?mail|mail|see)|dnu|duplicate|merged (?:in)?to|test (?:client|account|record)|inactive|bad (?:debt|check|cheque)|collections|cash only|in memory)\b/i;

/** The remark that staff left in a name field ("SMITH *DECEASED*"), or null. */
export function noteInName(...names: (string | null)[]): string | null {
  for (const name of names) {
    const note = name === null ? null : notes.exec(name);
    if (note) return note[0];
  }
  return null;
}

/** Hostile or endless text cut down to what fits in a sentence. */
export function truncateForDisplay(text: string | null): string {
  const clean = cleanText(text) ?? '';
  return clean.length <= 60 ? clean : `${[...clean].slice(0, 57).join('')}...`;
}
