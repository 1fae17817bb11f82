import type { AuditAction, AuditRecord } from '../../store/access/audit.js';
import type { Tone } from './notice.js';

const words: Record<AuditAction, [title: string, tone: Tone]> = {
  'temporary-password-viewed': ['Temporary password viewed', 'warn'],
  'login-viewed': ['Full login viewed', 'warn'],
  'handout-printed': ['Front-desk slip printed', 'warn'],
  'temporary-password-reissued': ['New temporary password made', 'info'],
  'account-act-refused': ['Refused, since another practice issued the login', 'warn'],
  'message-resent': ['Asked to send the email again', 'info'],
  'messages-resent': ['Asked to send emails again', 'info'],
  'invites-approved': ['Invite plan approved', 'good'],
  'email-paused': ['Mail paused', 'warn'],
  'email-resumed': ['Mail resumed', 'good'],
  'messages-recalled': ['Mails recalled', 'warn'],
  'uncertain-resolved': ['Uncertain mail settled', 'info'],
  'address-released': ['Address works again', 'info'],
  'list-exported': ['List exported as CSV', 'warn'],
  'invited-anyway': ['Client to be invited anyway', 'warn'],
  'rule-active-again': ['Client no longer invited anyway', 'info'],
  'identity-resolved': ['Said who a client number belongs to', 'info'],
  'drift-released': ['Said that a changed field is right', 'warn'],
  'undone-confirmed': ['Confirmed a change in the PIMS', 'warn'],
  'link-taken-off': ['Record taken off the account', 'warn'],
  'link-put-back': ['Record put back on the account', 'info'],
  'resync-requested': ['Resync asked for', 'info'],
  'first-login': ['First login', 'good'],
  'first-login-finished': ['Data confirmed and own password set', 'good'],
  'temporary-password-cleared': ['Temporary password destroyed', 'good'],
  'temporary-password-expired-used': ['Came with an expired temporary password', 'info'],
  'password-reset-requested': ['Forgot password', 'info'],
  'password-reset': ['New password set', 'good'],
  'staff-signed-in': ['Signed in', 'quiet'],
  'staff-created': ['Staff account made', 'info'],
  'staff-invited': ['Staff invited', 'info'],
  'staff-changed': ['Staff access changed', 'warn'],
  'staff-password-set': ['Staff password set', 'info'],
  'staff-password-requested': ['Staff forgot password', 'info'],
  'branding-saved': ['Brand of the emails saved', 'info'],
  'branding-restored': ['Back to the configured brand', 'info'],
  'task-closed': ['Work item closed', 'info'],
  'audit-pruned': ['Old lines of this trail deleted', 'warn'],
  'person-exported': ['Everything about a person exported', 'warn'],
  'person-erased': ['Person erased at their request', 'warn'],
  'person-readmitted': ['Erased person may be copied again', 'info'],
  'token-created': ['API token made', 'warn'],
  'token-revoked': ['API token revoked', 'info'],
};

/** An entry of the audit trail in words; one that a later version wrote stands for itself. */
export function auditWords(record: Pick<AuditRecord, 'action' | 'details'>): { title: string; tone: Tone } {
  const [title, tone] = words[record.action] ?? [String(record.action).replaceAll('-', ' '), 'quiet'];
  const refused = record.action === 'account-act-refused' && words[record.details['act'] as AuditAction];
  return { title: refused ? `${title}: ${refused[0]}` : title, tone };
}
