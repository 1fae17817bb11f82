import type { StaffMailer } from '../../mailer/staff-sender.js';
import type { Handler } from '../catalog.js';

/** Sends one queued email to a staff member. A second job for the same email finds it claimed and does nothing. */
export function createSendStaffMail(deps: { mailer: StaffMailer }): Handler<'send-staff-message'> {
  return ({ staffMessageId }) => deps.mailer.send(staffMessageId);
}
