/** Which function runs which command. A command of the real kubectl that is missing here answers "not simulated". */
import { describe } from './describe.ts';
import { get } from './get.ts';
import type { Session } from './session.ts';

export type Handler = (session: Session) => Promise<number | undefined>;

export const handlers: Readonly<Record<string, Handler>> = {
  describe,
  get,
};
