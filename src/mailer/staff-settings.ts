import { practiceMail, practiceMailSchema, type MailSettings, type PracticeMail } from './settings.js';

/**
 * Returns the settings of an email to staff: those of the practice, without its texts for pet parents.
 *
 * @param practice null for an operator, who has no practice, and while the practice's branding cannot be used
 * @param publicUrl base URL of the console, without a trailing slash
 */
export function staffSettings(practice: PracticeMail | null, general: MailSettings, publicUrl: string): PracticeMail {
  return {
    ...(practice ?? neutral(general)),
    // The token follows the `#`, as in the links for pet parents: browsers do not send that part to any server.
    resetUrl: `${publicUrl}/staff/invitation#{token}`,
    listUnsubscribe: null,
    texts: {},
  };
}

function neutral(general: MailSettings): PracticeMail {
  const identity = { id: 'console', name: 'pims-sync', timeZone: 'UTC' };
  return practiceMail(identity, practiceMailSchema.parse({ support: { email: general.from } }), general);
}
