import { Notice } from '../../ui/notice.js';
import type { FlashMessage } from './flash-messages.js';

/** Shows the flash message of a redirect, if any. */
export function FlashNotice({ flash }: { flash: FlashMessage | null }) {
  if (!flash) return null;
  return (
    <Notice tone={flash.tone} title={flash.title}>
      {flash.more}
    </Notice>
  );
}
