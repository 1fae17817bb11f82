import { isOwnAddress } from './practice-address.js';

/**
 * The reason why an address belongs to no client: someone typed it to fill a required field (`placeholder`), or no
 * person or only the practice itself reads it (`role`).
 */
export interface Placeholder {
  kind: 'placeholder' | 'role';
  /** The rule that found it, for staff: `@vetport.com`. */
  rule: string;
}

/** Domains that always mean "none". VETport generates an @vetport.com address for clients without one. */
const domains = new Set(
  (
    'none.com none.net none.org no.com no.net na.com nomail.com noemail.com noemail.net noemail.org no-email.com ' +
    'noemailaddress.com noaddress.com donotemail.com declined.com refused.com unknown.com fake.com test.com ' +
    'asdf.com asd.com qwerty.com abc123.com nowhere.com notgiven.com email.none vetport.com ' +
    'example.com example.net example.org'
  ).split(' '),
);
/**
 * Endings reserved by RFC 2606 and RFC 6762: no address under them is reachable. `.example` is excluded, because the
 * demo and the tests use it and nobody types it to fill a required field.
 */
const reservedEnding = /\.(?:test|invalid|localhost|local)$/;

/** Local parts that mean "no email". */
const words = new Set(
  (
    'none no na nil null nobody noone test testing tester fake fakeemail unknown unk nowhere notgiven notprovided ' +
    'noaddress donotemail donotuse dontemail decline declined declines refuse refused refuses invalid pending tbd ' +
    'needemail needsemail getemail updateemail askforemail emailneeded email emailaddress missing blank delete ' +
    'deleted doesnothave doesnthave donthave wontgive asd placeholder example'
  ).split(' '),
);
const saysNoEmail = /^(?:no|non|dont|doesnt|donot|doesnot|not?have|without)(?:have|use|want|an|one|any)*e?mail/;
const keyboardRun = /^(?:asdf|qwer|zxcv)(?:asdf|jkl|qwer|ty|uiop|zxcv|ghjkl?)*;?\d{0,3}$/;
const digitRun = /^(?:1|12|123|1234|12345|123456|1234567|0+|9+|1+)$/;
const oneLetter = /^([a-z0-9])\1{2,}$/;
const robots =
  /^(?:no[._-]?reply|do[._-]?not[._-]?reply|postmaster|hostmaster|webmaster|abuse|mailer[._-]?daemon|bounces?)$/;

/**
 * Tells whether a key (an address in lower case) is a placeholder.
 *
 * @param own the practice's additions: a whole address, `@domain` (with its subdomains), `local@`, or any of them with
 *   `*`
 * @param real addresses that no rule may refuse
 * @param practice the practice's own addresses
 */
export function placeholder(
  key: string,
  own: readonly string[] = [],
  real: readonly string[] = [],
  practice: readonly string[] = [],
): Placeholder | null {
  if (real.some((address) => address.toLowerCase() === key)) return null;
  const at = key.lastIndexOf('@');
  const local = key.slice(0, at);
  const domain = key.slice(at + 1);
  for (const pattern of own) {
    if (matches(pattern.toLowerCase(), key, local, domain)) return { kind: 'placeholder', rule: pattern };
  }
  if (isOwnAddress(key, practice)) return { kind: 'role', rule: key };
  if (domains.has(domain)) return { kind: 'placeholder', rule: `@${domain}` };
  if (reservedEnding.test(`.${domain}`)) return { kind: 'placeholder', rule: 'reserved domain' };
  if (robots.test(local)) return { kind: 'role', rule: `${local}@` };
  const squeezed = local.replace(/[._-]/g, '');
  if (words.has(squeezed) || saysNoEmail.test(squeezed)) return { kind: 'placeholder', rule: `${local}@` };
  if (keyboardRun.test(local) || digitRun.test(local) || oneLetter.test(local)) {
    return { kind: 'placeholder', rule: 'keyboard run' };
  }
  // a@a.com, no@no.org, abc@abc.com; but bob@bob.com may well be Bob's own domain.
  if (domain.startsWith(`${local}.`) && (local.length <= 2 || local === 'abc')) {
    return { kind: 'placeholder', rule: 'same word on both sides' };
  }
  return null;
}

function matches(pattern: string, key: string, local: string, domain: string): boolean {
  if (pattern.startsWith('@')) {
    const wanted = pattern.slice(1);
    return fits(wanted, domain) || fits(`*.${wanted}`, domain);
  }
  return pattern.endsWith('@') ? fits(pattern.slice(0, -1), local) : fits(pattern, key);
}

/**
 * Matches a text against a pattern in which `*` matches any characters. Takes at most pattern length times text length.
 */
function fits(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    if (pattern[p] === '*') {
      star = p++;
      resume = t;
    } else if (p < pattern.length && pattern[p] === text[t]) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
