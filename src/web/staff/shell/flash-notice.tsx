import { Notice } from '../../ui/notice.js';
import type { FlashMessage } from './flash-messages.js';

/** The message of a form that led to this page, if there was one. */
export function FlashNotice({ flash }: { flash: FlashMessage | null }) {
  if (!flash) return null;
  return (
    <Notice tone={flash.tone} title={flash.title}>
      {flash.more}
    </Notice>
  );
}
