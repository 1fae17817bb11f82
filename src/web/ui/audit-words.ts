import type { AuditAction, AuditRecord } from '../../store/access/audit.js';
import type { Tone } from './notice.js';

const words: Record<AuditAction, [title: string, tone: Tone]> = {
  'temporary-password-viewed': ['Temporary password viewed', 'warn'],
  'login-viewed': ['Full login viewed', 'warn'],
  'handout-printed': ['Login handout printed', 'warn'],
  'temporary-password-reissued': ['New temporary password created', 'info'],
  'account-act-refused': ['Refused because another practice issued the login', 'warn'],
  'message-resent': ['Email resent', 'info'],
  'messages-resent': ['Emails resent', 'info'],
  'invites-approved': ['Invite plan approved', 'good'],
  'email-paused': ['Mail paused', 'warn'],
  'email-resumed': ['Mail resumed', 'good'],
  'messages-recalled': ['Emails recalled', 'warn'],
  'uncertain-resolved': ['Uncertain email resolved', 'info'],
  'address-released': ['Address released from suppression', 'info'],
  'list-exported': ['List exported as CSV', 'warn'],
  'invited-anyway': ['Rule overridden for a client', 'warn'],
  'rule-active-again': ['Override removed', 'info'],
  'identity-resolved': ['Identity conflict resolved', 'info'],
  'drift-released': ['Drifted field confirmed', 'warn'],
  'undone-confirmed': ['Change in the PIMS confirmed', 'warn'],
  'link-taken-off': ['Record taken off the account', 'warn'],
  'link-put-back': ['Record put back on the account', 'info'],
  'resync-requested': ['Resync requested', 'info'],
  'first-login': ['First login', 'good'],
  'first-login-finished': ['Data confirmed and new password set', 'good'],
  'temporary-password-cleared': ['Temporary password cleared', 'good'],
  'temporary-password-expired-used': ['Expired temporary password used', 'info'],
  'password-reset-requested': ['Password reset requested', 'info'],
  'password-reset': ['New password set', 'good'],
  'staff-signed-in': ['Signed in', 'quiet'],
  'staff-created': ['Staff account created', 'info'],
  'staff-invited': ['Staff invited', 'info'],
  'staff-changed': ['Staff access changed', 'warn'],
  'staff-password-set': ['Staff password set', 'info'],
  'staff-password-requested': ['Staff password reset requested', 'info'],
  'branding-saved': ['Branding saved', 'info'],
  'branding-restored': ['Branding reset to the default', 'info'],
  'task-closed': ['Task closed', 'info'],
  'audit-pruned': ['Old audit entries deleted', 'warn'],
  'person-exported': ['All data of a person exported', 'warn'],
  'person-erased': ['Person erased at their request', 'warn'],
  'person-readmitted': ['Erased person may be copied again', 'info'],
  'token-created': ['API token created', 'warn'],
  'token-revoked': ['API token revoked', 'info'],
};

/** Returns title and tone of an audit entry. For an unknown action of a later version the title is its code. */
export function auditWords(record: Pick<AuditRecord, 'action' | 'details'>): { title: string; tone: Tone } {
  const [title, tone] = words[record.action] ?? [String(record.action).replaceAll('-', ' '), 'quiet'];
  const refused = record.action === 'account-act-refused' && words[record.details['act'] as AuditAction];
  return { title: refused ? `${title}: ${refused[0]}` : title, tone };
}
