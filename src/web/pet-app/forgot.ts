import type { ForgotTexts } from '../login/forgot-pages.js';

export const forgotTexts: ForgotTexts = {
  path: '/app/forgot',
  look: 'pet',
  brand: 'Pet App',
  lead: 'Enter your email address and we will send you an email that lets you log in, even if you have never logged in before.',
  sent: 'It can take a few minutes. Please also check your spam folder.',
  noEmail:
    'No email? You may have used another address, or your practice has none for you. Please ask your practice; they can help you right away.',
  back: { name: 'Back to log in', href: '/app/login' },
};
