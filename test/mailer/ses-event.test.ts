import { describe, expect, it } from '@jest/globals';
import { readSesEvent } from '../../src/mailer/ses/ses-event.js';

const complaint = (complaintFeedbackType: string | undefined) =>
  readSesEvent(
    JSON.stringify({
      eventType: 'Complaint',
      mail: { timestamp: '2026-11-01T10:00:00.000Z', messageId: 'ses-1', destination: ['pat@example.com'], tags: {} },
      complaint: {
        timestamp: '2026-11-02T10:00:00.000Z',
        complainedRecipients: [{ emailAddress: 'pat@example.com' }],
        ...(complaintFeedbackType === undefined ? {} : { complaintFeedbackType }),
      },
    }),
  );

describe('SES event: complaint', () => {
  it.each(['not-spam', 'auth-failure'])(
    'counts no complaint for the feedback type %s and keeps it as a detail',
    (type) => {
      expect(complaint(type)).toMatchObject({ evidence: null, suppress: null, detail: type });
    },
  );

  it.each(['abuse', 'fraud', 'virus', 'other', 'a-new-type', undefined])('counts %s as a complaint', (type) => {
    expect(complaint(type)).toMatchObject({ evidence: 'complained', suppress: 'complained' });
  });
});
