import { isOneEditApart } from '../../lib/edit-distance.js';

/** The most common mailbox providers. A short list on purpose, because each name makes similar names look mistyped. */
const usual = (
  'gmail.com yahoo.com hotmail.com outlook.com icloud.com aol.com live.com msn.com ymail.com ' +
  'comcast.net verizon.net sbcglobal.net att.net bellsouth.net charter.net cox.net earthlink.net ' +
  'frontier.com windstream.net optonline.net googlemail.com rocketmail.com protonmail.com proton.me ' +
  'hotmail.co.uk yahoo.co.uk outlook.co.uk btinternet.com virginmedia.com bigpond.com bigpond.net.au ' +
  'optusnet.com.au yahoo.com.au hotmail.com.au rogers.com sympatico.ca yahoo.ca hotmail.ca telus.net'
).split(' ');

/** Real providers whose names are one typing mistake away from another. They are never taken for a typo. */
const alsoReal = new Set([
  ...usual,
  ...'mail.com email.com gmx.com hotmail.fr yahoo.fr live.ca live.com.au aim.com me.com mac.com'.split(' '),
]);

/** Further providers, not used to find typos. */
const furtherProviders = new Set(
  (
    'gmx.de gmx.net gmx.at web.de t-online.de freenet.de yahoo.de orange.fr free.fr wanadoo.fr ' +
    'laposte.net sfr.fr libero.it tiscali.it zoho.com fastmail.com hey.com tutanota.com pm.me duck.com ' +
    'mail.ru yandex.ru yandex.com qq.com 163.com xtra.co.nz shaw.ca bell.net videotron.ca live.co.uk ' +
    'sky.com talktalk.net ntlworld.com blueyonder.co.uk tiscali.co.uk iinet.net.au juno.com netzero.net ' +
    'mindspring.com q.com centurylink.net embarqmail.com suddenlink.net roadrunner.com rr.com twc.com ' +
    'pacbell.net ameritech.net swbell.net hughes.net mediacombb.net tds.net spectrum.net excite.com'
  ).split(' '),
);

/** True if the domain belongs to a public mailbox provider. */
export function isMailboxProvider(domain: string): boolean {
  const parent = domain.slice(domain.indexOf('.') + 1);
  return [domain, parent].some((one) => alsoReal.has(one) || furtherProviders.has(one));
}

/** Mistyped forms of `.com` and `.net`. */
const slippedEndings: readonly (readonly [RegExp, string])[] = [
  [/\.(?:con|cmo|ocm|comm|coom|ccom|vom|xom|cpm|cim|clm|cm|om|co|c0m|com\.com)$/, '.com'],
  [/\.(?:ner|nte|ent|met|bet|nett|ne)$/, '.net'],
];

/** Minimum number of letters. Among shorter names, too many real ones are one typing mistake apart. */
const longEnough = 5;

/**
 * Suggests the provider that a bounced address probably means: `gmail.com` for `kim@gmial.com`. Never corrects an
 * address, because only the pet parent knows the right one.
 *
 * @returns null if the address does not look mistyped
 */
export function suggestDomain(address: string): string | null {
  const typed = address.slice(address.lastIndexOf('@') + 1).toLowerCase();
  if (alsoReal.has(typed)) return null;
  const ended = slippedEndings.map(([slip, ending]) => typed.replace(slip, ending));
  const whole = ended.find((domain) => domain !== typed && usual.includes(domain));
  if (whole) return whole;
  const candidates = [typed, ...ended.filter((domain) => domain !== typed)];
  return usual.find((domain) => candidates.some((candidate) => isTypoOf(candidate, domain))) ?? null;
}

function isTypoOf(typed: string, domain: string): boolean {
  return (domain.split('.')[0] as string).length >= longEnough && isOneEditApart(typed, domain);
}

/** Returns a sentence for the front desk, with a space before it; empty if the address does not look mistyped. */
export function typoHint(address: string): string {
  const meant = suggestDomain(address);
  return meant === null ? '' : ` Perhaps ${meant} was meant; ask them.`;
}
