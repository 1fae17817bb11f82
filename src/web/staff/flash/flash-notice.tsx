import { Notice } from '../../ui/notice.js';
import { usePage } from '../../ui/page-context.js';
import { readFlashMessage } from './flash-messages.js';

/** Shows the flash message of a redirect, if any. */
export function FlashNotice() {
  const flash = readFlashMessage(usePage().request);
  if (!flash) return null;
  return (
    <Notice tone={flash.tone} title={flash.title}>
      {flash.more}
    </Notice>
  );
}
