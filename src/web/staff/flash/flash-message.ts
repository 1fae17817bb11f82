import type { Tone } from '../../ui/notice.js';

/** A message carried by a redirect after a form. */
export interface FlashMessage {
  tone: Tone;
  title: string;
  more?: string;
}
