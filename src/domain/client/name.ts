const plain = /^[!-~]+(?: [!-~]+)*$/;
// Line breaks could start an email header; direction marks could reverse the text of a sentence.
const breaks = /[\p{Cc}\u2028\u2029\s]+/gu;
const invisible = /[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const loneSurrogates = /\p{Cs}/gu;
const longest = 200;

/** Cleans a name or short text for display: one line, trimmed, NFC, at most 200 characters; null if nothing is left. */
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

/** True for text of several lines: an address block or a merged row, but never a name or an email address. */
export function hasLines(text: string): boolean {
  return /[\n\r\u2028\u2029]/.test(text.trim());
}

/** Folds a name for comparison: ignores case, accents, spaces and punctuation. */
export function foldName(name: string | null): string {
  if (name === null) return '';
  const lower = name.toLowerCase();
  if (/^[a-z]+$/.test(lower)) return lower;
  return lower.normalize('NFKD').replace(/[^\p{L}\p{N}]/gu, '');
}

const notes =
  /\b(?:deceased|dec'd|passed away|do not (?:use|contact|call|e-?mail|mail|see)|dnu|duplicate|merged (?:in)?to|test (?:client|account|record)|inactive|bad (?:debt|check|cheque)|collections|cash only|in memory)\b/i;

/** Returns the remark that staff left in a name field ("SMITH *DECEASED*"), or null. */
export function noteInName(...names: (string | null)[]): string | null {
  for (const name of names) {
    const note = name === null ? null : notes.exec(name);
    if (note) return note[0];
  }
  return null;
}

/** Cleans hostile or endless text and shortens it to 60 characters, so that it fits in a sentence. */
export function truncateForDisplay(text: string | null): string {
  const clean = cleanText(text) ?? '';
  return clean.length <= 60 ? clean : `${[...clean].slice(0, 57).join('')}...`;
}
