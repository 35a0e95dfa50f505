/** `etcdctl watch`: prints events as they happen, until Ctrl-C. */
import type { EtcdEvent, WatchResponse } from '../../sim/api/etcd.ts';
import { quote } from '../bash-text.ts';
import type { CommandIo } from '../command.ts';
import type { EtcdClient } from './client.ts';
import { BAD_ARGS, EtcdctlError, INTERRUPTED_EXIT } from './errors.ts';
import { rangeOf, unsupported } from './key-values.ts';
import type { FlagSpec, Options } from './options.ts';
import { dense, fieldsHeader, fieldsKv, jsonHeader, jsonKv, simpleKv, toJson, valueText } from './print.ts';

export const WATCH_FLAGS: readonly FlagSpec[] = [
  { name: 'interactive', short: 'i', kind: 'switch', fallback: 'false', about: 'Interactive mode' },
  { name: 'prefix', kind: 'switch', fallback: 'false', about: 'Watch on a prefix if prefix is set' },
  {
    name: 'prev-kv',
    kind: 'switch',
    fallback: 'false',
    about: 'get the previous key-value pair before the event happens',
  },
  {
    name: 'progress-notify',
    kind: 'switch',
    fallback: 'false',
    about: 'get periodic watch progress notification from server',
  },
  { name: 'rev', kind: 'number', fallback: '0', about: 'Revision to start watching' },
];

export async function watch(client: EtcdClient, options: Options, io: CommandIo): Promise<number> {
  if (options.is('interactive')) throw new EtcdctlError('not simulated: etcdctl watch -i', 64);
  const dash = options.args.indexOf('--');
  const words = dash < 0 ? options.args : options.args.slice(0, dash);
  const exec = dash < 0 ? [] : options.args.slice(dash + 1);
  const fromEnv = io.env.get('ETCDCTL_WATCH_KEY');
  const keys =
    words.length === 0 && fromEnv !== undefined
      ? [fromEnv, ...(io.env.has('ETCDCTL_WATCH_RANGE_END') ? [io.env.get('ETCDCTL_WATCH_RANGE_END') ?? ''] : [])]
      : words;
  if (keys.length === 0 || keys.length > 2) throw new EtcdctlError('bad number of arguments', BAD_ARGS);
  if (options.output === 'table' || options.output === 'protobuf') throw unsupported(options.output);
  const stream = client.stream('Watch', {
    method: 'Watch',
    ...rangeOf(options, keys, 'watch'),
    startRevision: options.number('rev'),
    prevKv: options.is('prev-kv'),
    progressNotify: options.is('progress-notify'),
    requireLeader: true,
  });
  let reason = '';
  for (;;) {
    const { done, value } = await stream.next();
    if (done) {
      if (io.signal.aborted || (value === '' && reason === '')) return 0;
      const why = reason === '' ? value : reason;
      io.stderr(`watch was canceled (${why})\n`);
      throw new EtcdctlError('watch is canceled by the server', INTERRUPTED_EXIT);
    }
    if (value.created) continue;
    if (value.canceled) reason = value.cancelReason ?? '';
    const text = watchText(value, options);
    if (text !== '') io.stdout(text);
    if (exec.length > 0) for (const event of value.events) await runFor(event, value, exec, io);
  }
}

function watchText(response: WatchResponse, options: Options): string {
  const { header, events, compactRevision, canceled, created } = response;
  const isProgress = events.length === 0 && !canceled;
  switch (options.output) {
    case 'json':
      return `${toJson({ Header: jsonHeader(canceled ? { ...header, revision: 0 } : header), Events: events.map(jsonEvent), CompactRevision: compactRevision, Canceled: canceled, Created: created })}\n`;
    case 'fields':
      return `${fieldsHeader(header)}${events.map((event) => `"Type" : ${event.type}\n${event.prevKv === undefined ? '' : fieldsKv(event.prevKv, 'Prev')}${fieldsKv(event.kv)}`).join('')}`;
    default: {
      if (isProgress) return `progress notify: ${header.revision}\n`;
      const isHex = options.is('hex');
      return events
        .map(
          ({ type, kv, prevKv }) =>
            `${type}\n${prevKv === undefined ? '' : simpleKv(prevKv, { isHex })}${simpleKv(kv, { isHex })}`,
        )
        .join('');
    }
  }
}

function jsonEvent({ type, kv, prevKv }: EtcdEvent): Record<string, unknown> {
  return {
    ...dense({ type: type === 'DELETE' ? 1 : 0 }),
    kv: jsonKv(kv),
    ...(prevKv === undefined ? {} : { prev_kv: jsonKv(prevKv) }),
  };
}

/** `etcdctl watch KEY -- COMMAND`: the event is in the command's environment. */
async function runFor(
  event: EtcdEvent,
  { header }: WatchResponse,
  exec: readonly string[],
  io: CommandIo,
): Promise<void> {
  const { type, kv } = event;
  const env = [
    `ETCD_WATCH_REVISION=${header.revision}`,
    `ETCD_WATCH_EVENT_TYPE=${quote(`"${type}"`)}`,
    `ETCD_WATCH_KEY=${quote(`"${kv.key}"`)}`,
    `ETCD_WATCH_VALUE=${quote(`"${valueText(kv.value)}"`)}`,
  ];
  const { stdout, stderr } = await io.run(`${env.join(' ')} ${exec.map(quote).join(' ')}`);
  io.stdout(stdout);
  io.stderr(stderr);
}
