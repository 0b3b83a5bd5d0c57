/** Sessions that go on where an earlier page, or packet, ended: the next one then has little to read again. */

import type { CaptureReader } from '../capture-reader.js';
import { StoredSession } from './stored-session.js';

/** Sessions that are kept of each kind; those used longest ago go first. */
const MAXIMUM = 2;

export class KeptSessions {
  /** In the order of their last use. */
  private sessions: StoredSession[] = [];
  /** Secrets that they know of. */
  private secrets = 0;

  constructor(private readonly reader: CaptureReader) {}

  /**
   * A session that has seen nothing from a packet on: the one that has come nearest, or a new one.
   *
   * @param thorough what `StoredSession.thorough` shall be; one that has read less than that cannot go on for it
   */
  before(number: number, thorough: boolean): StoredSession {
    const { secretChanges } = this.reader;
    if (secretChanges !== this.secrets) this.sessions = [];
    this.secrets = secretChanges;
    const fit = this.sessions.filter((one) => one.thorough === thorough && one.position < number && !one.isSpent);
    fit.sort((a, b) => b.position - a.position);
    const found = fit[0] ?? new StoredSession(this.reader, { thorough });
    found.beginPage();
    this.keep(found);
    return found;
  }

  private keep(session: StoredSession): void {
    const others = this.sessions.filter((one) => one !== session && !one.isSpent);
    const alike = others.filter((one) => one.thorough === session.thorough);
    const oldest = alike.length >= MAXIMUM ? alike[0] : undefined;
    this.sessions = [...others.filter((one) => one !== oldest), session];
  }
}
