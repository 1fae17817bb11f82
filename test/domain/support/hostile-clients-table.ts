import type { Client } from '../../../src/domain/client/client.js';
import type { DecisionFacts } from '../../../src/domain/decision/eligibility.js';
import type { InvitePolicy } from '../../../src/domain/decision/policy.js';
import type { ReasonCode, Verdict } from '../../../src/domain/decision/reasons.js';
import { pet, undoneFact } from './builders.js';

/** One row that a real PIMS could contain, and its expected decision. Today is 2026-11-23. */
export interface HostileClient {
  about: string;
  /** The differences from an ordinary client with one living dog and ann.baker@gmail.com. */
  row?: Partial<Client>;
  facts?: Partial<DecisionFacts>;
  policy?: Partial<InvitePolicy>;
  expect: [Verdict, ReasonCode];
  /** The address that gets the email. */
  login?: string;
  /** Words that the sentence must contain. */
  says?: string;
  again?: string;
}

const dead = (diedOn: string | null) => pet({ status: 'deceased', statusRaw: 'D', diedOn });
const email = (...emails: string[]): Partial<Client> => ({ emails });

export const hostileClients: HostileClient[] = [
  // Ordinary people with unusual data; they are invited.
  { about: 'an ordinary client', expect: ['invite', 'eligible'], login: 'ann.baker@gmail.com' },
  {
    about: 'an address in capitals',
    row: email('ANN.Baker@GMAIL.COM'),
    expect: ['invite', 'eligible'],
    login: 'ANN.Baker@gmail.com',
  },
  {
    about: 'spaces around the address',
    row: email('  ann@x-ray.org \t'),
    expect: ['invite', 'eligible'],
    login: 'ann@x-ray.org',
  },
  {
    about: 'a plus tag and dots are kept',
    row: email('a.n.n+vet@gmail.com'),
    expect: ['invite', 'eligible'],
    login: 'a.n.n+vet@gmail.com',
  },
  {
    about: 'an apostrophe in the address',
    row: email("pat.o'brien@aol.com"),
    expect: ['invite', 'eligible'],
    login: "pat.o'brien@aol.com",
  },
  {
    about: 'a typo in the domain is not corrected',
    row: email('john.smith@gmial.com'),
    expect: ['invite', 'eligible'],
    login: 'john.smith@gmial.com',
  },
  {
    about: 'two addresses with a semicolon',
    row: email('ann@a1.com; bob@b1.com'),
    expect: ['invite', 'eligible'],
    login: 'ann@a1.com',
  },
  {
    about: 'two addresses with a slash',
    row: email('ann@a1.com/bob@b1.com'),
    expect: ['invite', 'eligible'],
    login: 'ann@a1.com',
  },
  {
    about: 'two addresses with a comma and a space',
    row: email('ann@a1.com, bob@b1.com'),
    expect: ['invite', 'eligible'],
    login: 'ann@a1.com',
  },
  {
    about: 'two addresses with only a space',
    row: email('ann@a1.com bob@b1.com'),
    expect: ['invite', 'eligible'],
    login: 'ann@a1.com',
  },
  { about: 'two addresses on two lines', row: email('ann@a1.com\r\nbob@b1.com'), expect: ['hold', 'malformed-email'] },
  {
    about: 'a malformed address before a valid one',
    row: email('ann@gmailcom; ann@work.org'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  {
    about: 'a placeholder before a valid one',
    row: email('none@none.com', 'ann@work.org'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  {
    about: 'an address in angle brackets behind a name',
    row: email('Ann Baker <ann@work.org>'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  {
    about: 'a label before the address',
    row: email('work: ann@work.org'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  {
    about: 'mailto before the address',
    row: email('mailto:ann@work.org'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  {
    about: 'a note in brackets behind the address',
    row: email('ann@work.org (wife)'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  {
    about: 'a domain with umlauts',
    row: email('ann@Müller.de'),
    expect: ['invite', 'eligible'],
    login: 'ann@xn--mller-kva.de',
  },
  {
    about: 'a domain in Japanese',
    row: email('ann@例え.jp'),
    expect: ['invite', 'eligible'],
    login: 'ann@xn--r8jz45g.jp',
  },
  {
    about: 'a zero-width space behind the address',
    row: email('ann@work.org\u200b'),
    expect: ['invite', 'eligible'],
    login: 'ann@work.org',
  },
  { about: 'a name in Arabic', row: { firstName: 'ليلى', lastName: 'حداد' }, expect: ['invite', 'eligible'] },
  { about: 'a name of one emoji', row: { firstName: '🐶', lastName: null }, expect: ['invite', 'eligible'] },
  { about: 'no name at all', row: { firstName: null, lastName: null }, expect: ['invite', 'eligible'] },
  { about: 'a surname of 300 letters', row: { lastName: 'B'.repeat(300) }, expect: ['invite', 'eligible'] },
  { about: 'a name that is a script', row: { firstName: '<script>alert(1)</script>' }, expect: ['invite', 'eligible'] },
  { about: 'a name that is a formula', row: { lastName: '=HYPERLINK("http://evil")' }, expect: ['invite', 'eligible'] },
  {
    about: 'a name that tries to be an email header',
    row: { firstName: 'Ann\r\nBcc: all@x.com' },
    expect: ['invite', 'eligible'],
  },
  { about: 'the owner of bob@bob.com', row: email('bob@bob.com'), expect: ['invite', 'eligible'] },
  { about: 'someone called Noemi', row: email('noemi@gmail.com'), expect: ['invite', 'eligible'] },
  { about: 'someone called Noe with "mail" in the domain', row: email('noe@mail.com'), expect: ['invite', 'eligible'] },
  {
    about: 'someone called Test as a surname',
    row: { ...email('amy.test@gmail.com'), lastName: 'Test' },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'a number as an address at a provider that gives numbers',
    row: email('84736251@qq.com'),
    expect: ['invite', 'eligible'],
  },
  {
    about: 'invalid dates',
    row: { createdOn: '0000-00-00', lastVisitOn: 'soon' },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'one dead and one living pet',
    row: { pets: [dead('2026-11-20'), pet({ pimsId: 'p2' })] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'a pet of unknown status beside a living one',
    row: { pets: [pet({ status: 'unknown' }), pet({ pimsId: 'p2' })] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'a pet without a name or birth date',
    row: { pets: [pet({ name: null, bornOn: null, species: 'other' })] },
    expect: ['invite', 'eligible'],
  },
  { about: 'a company name beside a first name', row: { companyName: 'Baker Farms' }, expect: ['invite', 'eligible'] },
  {
    about: 'a company name of spaces and no first name',
    row: { companyName: '  ', firstName: null },
    expect: ['invite', 'eligible'],
  },
  { about: 'a household of four with one address', facts: { sharedBy: 4 }, expect: ['invite', 'eligible'] },
  {
    about: 'an account that never logged in, at another practice',
    facts: { account: 'pending' },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'a second record with the same name, phone and email',
    facts: { duplicates: [{ pimsId: 'c9', emailKey: 'ann.baker@gmail.com' }] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'a second record with the same name and phone and no email',
    facts: { duplicates: [{ pimsId: 'c9', emailKey: null }] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'staff said "invite anyway" to a business',
    row: { companyName: 'Happy Tails Rescue', firstName: null },
    facts: { allowed: ['business'] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'staff said "invite anyway" in grief',
    row: { pets: [dead('2026-11-20')] },
    facts: { allowed: ['grief-hold'] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'a placeholder-like address that the policy calls real',
    row: email('none@smith.com'),
    policy: { realAddresses: ['None@Smith.com'] },
    expect: ['invite', 'eligible'],
    login: 'none@smith.com',
  },
  {
    about: 'a visit inside the window',
    policy: { visitWithinMonths: 24 },
    expect: ['invite', 'eligible'],
    again: '2028-09-02',
  },
  {
    about: 'a new client without a visit, inside the window',
    row: { lastVisitOn: null, createdOn: '2026-11-01' },
    policy: { visitWithinMonths: 1 },
    expect: ['invite', 'eligible'],
    again: '2026-12-02',
  },
  {
    about: 'a visit in the future',
    row: { lastVisitOn: '2027-01-02' },
    policy: { visitWithinMonths: 1 },
    expect: ['invite', 'eligible'],
    again: '2027-02-03',
  },

  // Without an address that can receive email.
  { about: 'no email field at all', row: email(), expect: ['skip', 'no-email'] },
  { about: 'an empty email field', row: email(''), expect: ['skip', 'no-email'] },
  { about: 'an email field of blanks', row: email(' \t '), expect: ['skip', 'no-email'] },
  { about: 'an email field of invisible characters', row: email('\u200b\ufeff'), expect: ['skip', 'no-email'] },
  {
    about: 'no @',
    row: email('ann.baker.gmail.com'),
    expect: ['hold', 'malformed-email'],
    says: 'ann.baker.gmail.com',
  },
  { about: 'no domain', row: email('ann@'), expect: ['hold', 'malformed-email'] },
  { about: 'no dot in the domain', row: email('ann@gmail'), expect: ['hold', 'malformed-email'] },
  { about: 'two @', row: email('ann@@gmail.com'), expect: ['hold', 'malformed-email'] },
  { about: 'two dots in a row', row: email('ann@gmail..com'), expect: ['hold', 'malformed-email'] },
  { about: 'a dot at the end', row: email('ann@gmail.com.'), expect: ['hold', 'malformed-email'] },
  { about: 'a dot before the @', row: email('ann.@gmail.com'), expect: ['hold', 'malformed-email'] },
  {
    about: 'a space inside the name would lead to a stranger',
    row: email('ann baker@gmail.com'),
    expect: ['hold', 'malformed-email'],
    says: 'ann baker@gmail.com',
  },
  {
    about: 'a comma instead of a dot would lead to a stranger',
    row: email('ann,baker@gmail.com'),
    expect: ['hold', 'malformed-email'],
  },
  { about: 'a blank inside the domain', row: email('ann@gmail .com'), expect: ['hold', 'malformed-email'] },
  { about: 'a phone number in the email field', row: email('555-234-5678'), expect: ['hold', 'malformed-email'] },
  { about: 'a web address in the email field', row: email('www.annbaker.com'), expect: ['hold', 'malformed-email'] },
  {
    about: 'a header injection in the email field',
    row: email('ann@work.org\r\nBcc: all@x1.com'),
    expect: ['hold', 'malformed-email'],
  },
  { about: 'a NUL inside the address', row: email('ann\0baker@work.org'), expect: ['hold', 'malformed-email'] },
  {
    about: 'an address of 300 characters',
    row: email(`${'a'.repeat(290)}@gmail.com`),
    expect: ['hold', 'malformed-email'],
  },
  {
    about: 'a local part of 65 characters',
    row: email(`${'a'.repeat(65)}@gmail.com`),
    expect: ['hold', 'malformed-email'],
  },
  { about: 'a field of 100,000 characters', row: email('a@'.repeat(50_000)), expect: ['hold', 'malformed-email'] },
  { about: 'an IP address as the domain', row: email('ann@192.168.1.1'), expect: ['hold', 'malformed-email'] },
  { about: 'quotes in the address', row: email('"ann baker"@gmail.com'), expect: ['hold', 'malformed-email'] },
  { about: 'an underscore in the domain', row: email('ann@my_vet.com'), expect: ['hold', 'malformed-email'] },
  {
    about: 'a lost letter from the wrong code page',
    row: email('ann@m\ufffdller.de'),
    expect: ['hold', 'malformed-email'],
  },
  {
    about: 'letters before the @ that SES cannot send to',
    row: email('žofie@seznam.cz'),
    expect: ['hold', 'unsendable-email'],
    says: 'žofie@seznam.cz',
  },
  { about: 'a Cyrillic letter that looks Latin', row: email('аnn@gmail.com'), expect: ['hold', 'unsendable-email'] },
  { about: 'a machine reads it', row: email('no-reply@annbaker.com'), expect: ['hold', 'role-email'] },
  {
    about: 'the address that the practice writes from',
    row: email('Desk+Rex@elmvets.com'),
    policy: { ownAddresses: ['desk@elmvets.com'] },
    expect: ['hold', 'role-email'],
    says: 'elmvets.com',
  },
  { about: 'the postmaster', row: email('postmaster@annbaker.com'), expect: ['hold', 'role-email'] },

  // Placeholders, typed only because the field must not be empty.
  { about: 'none@none.com', row: email('none@none.com'), expect: ['skip', 'placeholder-email'], says: 'none@none.com' },
  { about: 'NoEmail@Gmail.com', row: email('NoEmail@Gmail.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'no.email7@yahoo.com', row: email('no.email7@yahoo.com'), expect: ['skip', 'placeholder-email'] },
  {
    about: 'donthaveemail@hotmail.com',
    row: email('donthaveemail@hotmail.com'),
    expect: ['skip', 'placeholder-email'],
  },
  { about: 'no@no.com', row: email('no@no.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'a@a.com', row: email('a@a.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'test@test.com', row: email('test@test.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'asdf@asdf.com', row: email('asdf@asdf.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'asdfasdf@gmail.com', row: email('asdfasdf@gmail.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'xxxx@gmail.com', row: email('xxxx@gmail.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'declined@gmail.com', row: email('declined@gmail.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'unknown@noemail.com', row: email('unknown@noemail.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'an address that VETport made up', row: email('c20394@vetport.com'), expect: ['skip', 'placeholder-email'] },
  { about: 'an address in a reserved domain', row: email('ann@clinic.invalid'), expect: ['skip', 'placeholder-email'] },
  { about: 'the word "Declined"', row: email('Declined'), expect: ['skip', 'placeholder-email'] },
  { about: 'the word "N/A"', row: email('N/A'), expect: ['skip', 'placeholder-email'] },
  { about: 'a dash', row: email('-'), expect: ['skip', 'placeholder-email'] },
  {
    about: 'the words "does not have email"',
    row: email('does not have email'),
    expect: ['skip', 'placeholder-email'],
  },
  {
    about: "the practice's own front desk",
    row: email('frontdesk@ourvet.com'),
    policy: { placeholders: ['@ourvet.com'] },
    expect: ['skip', 'placeholder-email'],
  },
  {
    about: "a pattern of the practice's own",
    row: email('noaddr-4711@mail.ru'),
    policy: { placeholders: ['noaddr-*@'] },
    expect: ['skip', 'placeholder-email'],
  },

  // The record says that they must not be invited.
  { about: 'an inactive client', row: { inactive: true }, expect: ['skip', 'inactive'] },
  { about: 'a deleted client', row: { deleted: true }, expect: ['skip', 'deleted'] },
  {
    about: 'deleted, inactive and opted out at once',
    row: { deleted: true, inactive: true, optOut: 'EMAIL_OPTOUT' },
    expect: ['skip', 'deleted'],
  },
  { about: 'a client who is missing', facts: { missing: true }, expect: ['skip', 'missing'] },
  {
    about: 'a client who was merged',
    facts: { missing: true, mergedInto: 'c7' },
    expect: ['skip', 'merged'],
    says: 'c7',
  },
  {
    about: 'an id that now belongs to another person',
    facts: { identityConflict: true },
    expect: ['hold', 'identity-conflict'],
    says: 'c1',
  },
  {
    about: 'a conflict on a row that is also deleted',
    row: { deleted: true },
    facts: { identityConflict: true },
    expect: ['hold', 'identity-conflict'],
  },
  { about: 'an unknown status code', row: { unknownStatus: 'ND' }, expect: ['hold', 'unknown-status'], says: 'ND' },
  {
    about: 'a status code that is a script',
    row: { unknownStatus: '<b>\r\nX' },
    expect: ['hold', 'unknown-status'],
    says: '<b> X',
  },
  {
    about: 'a flag against email',
    row: { optOut: 'REM_SUSPENDED' },
    expect: ['skip', 'opted-out'],
    says: 'REM_SUSPENDED',
  },
  {
    about: 'an opted-out client with an account in use',
    row: { optOut: 'EMAIL_OPTOUT' },
    facts: { account: 'used', linked: true },
    expect: ['skip', 'opted-out'],
  },
  {
    about: 'a referral hospital by its class',
    row: { classification: ' referral ' },
    policy: { excludedClasses: ['REFERRAL'] },
    expect: ['skip', 'excluded-class'],
    says: 'referral',
  },
  {
    about: 'a rescue with a company name only',
    row: { companyName: 'Happy Tails Rescue', firstName: null, lastName: null },
    expect: ['hold', 'business'],
    says: 'Happy Tails Rescue',
  },
  {
    about: 'a company with its contact in the last name',
    row: { companyName: 'Stable Ltd', firstName: ' ' },
    expect: ['hold', 'business'],
  },
  {
    about: 'a dead owner noted in the name',
    row: { lastName: 'BAKER (DECEASED)' },
    expect: ['hold', 'note-in-name'],
    says: 'DECEASED',
  },
  {
    about: 'an order to staff noted in the name',
    row: { firstName: '**DO NOT USE** Ann' },
    expect: ['hold', 'note-in-name'],
  },
  { about: 'a duplicate noted in the name', row: { lastName: 'Baker - duplicate' }, expect: ['hold', 'note-in-name'] },

  // Addresses with a history.
  {
    about: 'an email that bounced',
    facts: { suppressed: 'bounced' },
    expect: ['hold', 'bounced'],
    says: 'ann.baker@gmail.com',
  },
  { about: 'a complaint', facts: { suppressed: 'complained' }, expect: ['skip', 'complained'] },
  { about: 'an unsubscription', facts: { suppressed: 'unsubscribed' }, expect: ['skip', 'unsubscribed'] },
  {
    about: 'a complaint that staff would like to overrule',
    facts: { suppressed: 'complained', allowed: ['complained'] },
    expect: ['skip', 'complained'],
  },
  { about: 'an address of fifty clients', facts: { sharedBy: 50 }, expect: ['hold', 'shared-by-too-many'], says: '50' },
  {
    about: 'an address of three where the policy allows two',
    facts: { sharedBy: 3 },
    policy: { sharedAddressLimit: 2 },
    expect: ['hold', 'shared-by-too-many'],
  },
  { about: 'an account in use', facts: { account: 'used', linked: true }, expect: ['skip', 'has-account'] },
  {
    about: 'an account in use whose email is missing in the PIMS',
    row: email(),
    facts: { account: 'used', linked: true },
    expect: ['skip', 'has-account'],
  },
  { about: 'an account in use at another practice', facts: { account: 'used' }, expect: ['skip', 'has-account'] },
  {
    about: 'an account in use at another practice, and no living pet here',
    row: { pets: [] },
    facts: { account: 'used' },
    expect: ['skip', 'no-living-pet'],
  },
  {
    about: 'an account that was closed',
    facts: { account: 'closed', linked: true },
    expect: ['hold', 'account-closed'],
  },

  // Pets.
  { about: 'no pets', row: { pets: [] }, expect: ['skip', 'no-living-pet'] },
  { about: 'only inactive pets', row: { pets: [pet({ status: 'inactive' })] }, expect: ['skip', 'no-living-pet'] },
  { about: 'only deleted pets', row: { pets: [pet({ status: 'deleted' })] }, expect: ['skip', 'no-living-pet'] },
  { about: 'a pet that died years ago', row: { pets: [dead('2021-02-03')] }, expect: ['skip', 'no-living-pet'] },
  { about: 'a pet that died on an unknown date', row: { pets: [dead(null)] }, expect: ['skip', 'no-living-pet'] },
  { about: 'a death date that is no date', row: { pets: [dead('31/12/26')] }, expect: ['skip', 'no-living-pet'] },
  {
    about: 'the only pet died last week',
    row: { pets: [dead('2026-11-16')] },
    expect: ['hold', 'grief-hold'],
    says: '2026-11-16',
    again: '2027-02-14',
  },
  {
    about: 'the last of several pets died',
    row: { pets: [dead('2020-01-01'), dead('2026-11-01'), pet({ status: 'inactive' })] },
    expect: ['hold', 'grief-hold'],
    again: '2027-01-30',
  },
  {
    about: 'an "active" pet with a death date',
    row: { pets: [pet({ diedOn: '2026-11-01' })] },
    expect: ['hold', 'grief-hold'],
  },
  {
    about: 'a death date in the year 9999',
    row: { pets: [dead('9999-12-31')] },
    expect: ['hold', 'grief-hold'],
    again: '9999-12-31',
  },
  {
    about: 'the last day of the hold',
    row: { pets: [dead('2026-08-26')] },
    expect: ['hold', 'grief-hold'],
    again: '2026-11-24',
  },
  { about: 'the day after the hold', row: { pets: [dead('2026-08-25')] }, expect: ['skip', 'no-living-pet'] },
  {
    about: 'no hold by policy',
    row: { pets: [dead('2026-11-16')] },
    policy: { griefDays: 0 },
    expect: ['skip', 'no-living-pet'],
  },
  {
    about: 'an unknown pet status',
    row: { pets: [pet({ status: 'unknown', statusRaw: 'NH' })] },
    expect: ['hold', 'unknown-pet-status'],
    says: 'NH',
  },

  // Facts that the PIMS stated before and no longer states.
  {
    about: 'an opt-out that was emptied',
    facts: { undone: [undoneFact('opted-out', { said: 'DNE' })] },
    expect: ['hold', 'undone-in-pims'],
    says: 'DNE',
  },
  {
    about: 'an only pet that was dead and is listed as living',
    row: { pets: [dead(null)] },
    facts: { undone: [undoneFact('pet-died', { petName: 'Solo', said: '2026-11-01' })] },
    expect: ['hold', 'undone-in-pims'],
    says: 'Solo died on 2026-11-01',
  },
  {
    about: 'a dead pet listed as living beside a living one',
    facts: { undone: [undoneFact('pet-died')] },
    expect: ['invite', 'eligible'],
  },
  {
    about: 'an undone mark that staff would like to overrule',
    facts: { undone: [undoneFact('inactive')], allowed: ['undone-in-pims'] },
    expect: ['hold', 'undone-in-pims'],
  },

  // Time and duplicates.
  {
    about: 'a visit outside the window',
    row: { lastVisitOn: '2024-11-22' },
    policy: { visitWithinMonths: 24 },
    expect: ['skip', 'outside-visit-window'],
    says: '2024-11-22',
  },
  {
    about: 'the last day of the window',
    row: { lastVisitOn: '2024-11-23' },
    policy: { visitWithinMonths: 24 },
    expect: ['invite', 'eligible'],
    again: '2026-11-24',
  },
  {
    about: 'no visit and no entry date, with a window',
    row: { lastVisitOn: null, createdOn: null },
    policy: { visitWithinMonths: 24 },
    expect: ['skip', 'outside-visit-window'],
    says: 'never',
  },
  {
    about: 'a window that ends on the 31st of a short month',
    row: { lastVisitOn: '2026-08-31' },
    policy: { visitWithinMonths: 6 },
    expect: ['invite', 'eligible'],
    again: '2027-03-01',
  },
  {
    about: 'a record that staff took off the account of its address',
    facts: { refused: true },
    expect: ['hold', 'taken-off-account'],
    says: 'ann.baker@gmail.com',
  },
  {
    about: 'the same name and phone with another email',
    facts: { duplicates: [{ pimsId: 'c9', emailKey: 'ann@old.com' }] },
    expect: ['hold', 'duplicate-suspect'],
    says: 'c9',
  },
  {
    about: 'the address of another pet parent',
    facts: { account: 'used', confirmJoin: true },
    expect: ['hold', 'confirm-join'],
    says: 'ann.baker@gmail.com',
    again: '2026-11-24',
  },
  {
    about: 'the address of another pet parent of the household',
    facts: { account: 'used', confirmJoin: true, allowed: ['confirm-join'] },
    expect: ['skip', 'has-account'],
  },
  {
    about: 'duplicate suspects who staff know to be two people',
    facts: { duplicates: [{ pimsId: 'c9', emailKey: 'ann@old.com' }], allowed: ['duplicate-suspect'] },
    expect: ['invite', 'eligible'],
  },
];
