/** The live engines by name. */
import { openRemote } from './engines-remote.js';
import { checkOptions, ENGINE_NAMES, type LiveSource } from './live.js';
import { openNative } from './native.js';
import { parseRawSocketName, refuseFilter } from './raw-socket.js';
import { CaptureError, type EngineName, type LiveOptions } from './source.js';

/**
 * Starts capturing; resolves once every socket is bound and capturing, so that a packet sent after it is seen. The
 * options are checked before anything is opened.
 *
 * @throws CaptureError `bad-option`, `bad-filter`, `no-such-interface`, `no-permission`, `engine-unavailable`,
 *   `unsupported` or `io`, with the hint that mends it
 */
export async function openLive(engine: EngineName, options: LiveOptions): Promise<LiveSource> {
  const checked = checkOptions(options);
  switch (engine) {
    case 'native':
      return openNative(checked);
    case 'cap':
      return openRemote(engine, checked);
    case 'raw-socket':
      checked.interfaces.forEach(parseRawSocketName);
      refuseFilter(checked);
      return openRemote(engine, checked);
    default:
      throw new CaptureError(
        'bad-option',
        `There is no engine called ${JSON.stringify(engine)}.`,
        `Engines: ${ENGINE_NAMES.join(', ')}`,
      );
  }
}
