import type { ForgotTexts } from '../../login/forgot-pages.js';

export const staffForgotTexts: ForgotTexts = {
  path: '/staff/forgot',
  look: 'staff',
  brand: 'pims-sync',
  lead: 'Enter your email address. We will send you a link to set a new password.',
  sent: 'The link in it works once. Please also check your spam folder.',
  noEmail: 'No email? An owner of your practice can create a new link for you under Practice > Staff.',
  back: { name: 'Back to sign in', href: '/staff/sign-in' },
};
