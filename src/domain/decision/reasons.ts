/** `hold`: a person or a date can resolve it. `skip`: the record clearly says no. */
export type Verdict = 'invite' | 'hold' | 'skip';

export interface Reason {
  verdict: Verdict;
  /** A heading for a list or a count. */
  title: string;
  /** A text for staff, with the next step. `{name}` is a placeholder for a detail of the client. */
  sentence: string;
  /** Staff may overrule it for one client ("invite anyway"). */
  mayAllow?: boolean;
}

const define = <Code extends string>(table: Record<Code, Reason>) => table;

/** All reasons. Codes are stored, counted and documented: add new ones, never reuse one. */
export const reasons = define({
  eligible: {
    verdict: 'invite',
    title: 'Will be invited',
    sentence: 'Everything is in order: the invitation goes to the email address in the PIMS.',
  },
  'has-account': {
    verdict: 'skip',
    title: 'Already uses the Pet App',
    sentence: 'This pet parent already logs in to the Pet App. There is nothing to do.',
  },
  'identity-conflict': {
    verdict: 'hold',
    title: 'Number now belongs to someone else',
    sentence:
      'The record {id} now describes another person; the PIMS may have been restored from a backup. ' +
      'Nothing changes until someone compares the two and says which is right.',
  },
  merged: {
    verdict: 'skip',
    title: 'Merged into another record',
    sentence:
      'This record was merged into client {target} in the PIMS, or entered again under that number. The account moved with it.',
  },
  missing: {
    verdict: 'skip',
    title: 'No longer in the PIMS',
    sentence: 'The PIMS no longer has this record. An account that exists stays as it is.',
  },
  deleted: {
    verdict: 'skip',
    title: 'Deleted in the PIMS',
    sentence: 'The PIMS marks this record as deleted. If that is wrong, restore it there, then confirm it here.',
  },
  inactive: {
    verdict: 'skip',
    title: 'Inactive',
    sentence:
      'The PIMS marks this client as inactive. If they still come to you, make the client active there, then confirm it here.',
  },
  'unknown-status': {
    verdict: 'hold',
    title: 'Unknown status code',
    sentence:
      'The PIMS gives the status "{code}", which is not in the mapping yet. ' +
      'Ask your installer to add it; until then this client waits.',
  },
  'opted-out': {
    verdict: 'skip',
    title: 'Asked not to be emailed',
    sentence:
      'The PIMS says not to email this client ({flag}). If they ask for the Pet App, clear that there, then confirm it here.',
  },
  // pims-sync itself never closes an account: an erasure deletes the person together with the account. The reason is for
  // a Pet App or an operator that sets `accounts.closed_at`; every rule already respects it.
  'account-closed': {
    verdict: 'hold',
    title: 'Account was closed',
    sentence: 'The account of this pet parent was closed. Ask them before they are invited again.',
  },
  'taken-off-account': {
    verdict: 'hold',
    title: 'Taken off an account by staff',
    sentence:
      'Staff said that this record does not belong to the person who has {email}. ' +
      'Correct the email in the PIMS, or put the record back on this page.',
  },
  'field-drift': {
    verdict: 'hold',
    title: 'Waits: a field changed for many clients',
    sentence:
      'In the practice software "{field}" changed for many clients at once, which may be a mistake. ' +
      'This client gets no email, and no queued email is canceled, until a manager confirms the change on the Syncs ' +
      'page or the field is as it was before.',
  },
  'undone-in-pims': {
    verdict: 'hold',
    title: 'Change in the PIMS to confirm',
    sentence:
      '{change} Nothing is sent until staff confirm on this page that this is right: a restored backup or an ' +
      'emptied column looks the same. If it is a mistake, correct the PIMS.',
  },
  'excluded-class': {
    verdict: 'skip',
    title: 'Class not invited',
    sentence: 'Clients of class "{class}" are not invited by your policy.',
    mayAllow: true,
  },
  business: {
    verdict: 'hold',
    title: 'Looks like a business',
    sentence: '"{company}" has a company name and no first name. Enter the person in the PIMS, or invite anyway.',
    mayAllow: true,
  },
  'note-in-name': {
    verdict: 'hold',
    title: 'Note in the name',
    sentence: 'The name contains a note ("{note}"). Move it out of the name in the PIMS, or make the client inactive.',
    mayAllow: true,
  },
  'no-email': {
    verdict: 'skip',
    title: 'No email address',
    sentence: 'The PIMS has no email address. Ask for one at the next visit.',
  },
  'malformed-email': {
    verdict: 'hold',
    title: 'Email cannot be read',
    sentence: '"{email}" is not a working email address. Correct it in the PIMS.',
  },
  'unsendable-email': {
    verdict: 'hold',
    title: 'Email cannot be sent to',
    sentence:
      'Our mail service cannot send to "{email}", because of letters other than a to z before the @. ' +
      'Ask for another address.',
  },
  'placeholder-email': {
    verdict: 'skip',
    title: 'Made-up email address',
    sentence: '"{email}" means "has no email". Ask for a real address at the next visit.',
  },
  'role-email': {
    verdict: 'hold',
    title: 'Not a personal address',
    sentence:
      '"{email}" belongs to a machine or to the practice itself, not to this client. Ask for a personal address.',
  },
  complained: {
    verdict: 'skip',
    title: 'Reported our email as spam',
    sentence: 'Email to {email} was reported as spam, so we never write to it again.',
  },
  unsubscribed: {
    verdict: 'skip',
    title: 'Unsubscribed',
    sentence: '{email} unsubscribed from this email. Only the pet parent can undo that.',
  },
  bounced: {
    verdict: 'hold',
    title: 'Email bounced',
    sentence: 'An email to {email} bounced. Correct the address in the PIMS; the invitation then goes out by itself.',
  },
  'shared-by-too-many': {
    verdict: 'hold',
    title: 'Address shared by many',
    sentence:
      '{count} clients have {email}, more than the {limit} you allow; one login would show all their pets. ' +
      'Correct the addresses, or invite anyway if it is one household.',
    mayAllow: true,
  },
  'no-living-pet': {
    verdict: 'skip',
    title: 'No living pet',
    sentence: 'The PIMS lists no living, active pet for this client.',
    mayAllow: true,
  },
  'grief-hold': {
    verdict: 'hold',
    title: 'Pet died recently',
    sentence:
      'Their last pet died on {date}. Nothing is sent until {until}, unless staff who know them decide otherwise.',
    mayAllow: true,
  },
  'unknown-pet-status': {
    verdict: 'hold',
    title: 'Unknown pet status',
    sentence:
      'We cannot tell whether {pet} is alive: the PIMS says "{code}". ' +
      'Ask your installer to add the code to the mapping, or invite anyway.',
    mayAllow: true,
  },
  'outside-visit-window': {
    verdict: 'skip',
    title: 'Not seen lately',
    sentence: 'Last seen {date}; your policy invites clients seen in the last {months} months.',
    mayAllow: true,
  },
  'confirm-join': {
    verdict: 'hold',
    title: 'Shares an address with someone else',
    sentence:
      'Somebody with another last name already uses the Pet App with {email}, and nothing else connects the two. ' +
      'If the address is wrong, correct it in the PIMS. If it is one household, confirm that on this page; ' +
      'until then nothing of this record is shown there.',
    mayAllow: true,
  },
  'duplicate-suspect': {
    verdict: 'hold',
    title: 'Probably entered twice',
    sentence:
      'Client {duplicate} has the same name and phone but another email. ' +
      'Merge the two in the PIMS, or invite anyway if they are two people.',
    mayAllow: true,
  },
});

export type ReasonCode = keyof typeof reasons;

/** Tells whether a decision lets the client have an account and emails about it. */
export const isWanted = ({ verdict, reason }: { verdict: string | null; reason: string | null }): boolean =>
  verdict === 'invite' || reason === 'has-account';

/** Returns the reason's sentence with its details. A missing detail reads as "unknown". */
export function sentenceFor(code: ReasonCode, details: Record<string, string | number>): string {
  return reasons[code].sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(details[name] ?? 'unknown'));
}

/** Returns the sentence of a stored decision: the one stored with it, else the one of its reason. */
export function sentenceOf(code: string, kept: string | null): string {
  return kept ?? (Object.hasOwn(reasons, code) ? reasons[code as ReasonCode].sentence : '');
}
