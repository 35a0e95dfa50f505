/** `ping`: whether a packet gets there and back, once a second. */
import { type CommandIo, fail, INTERRUPTED, type ShellCommand } from '../command.ts';
import { stateOf } from '../machine-state.ts';
import { addressFor } from '../resolver.ts';

export const ping: ShellCommand = {
  name: 'ping',
  async run(args, io) {
    let count = Number.POSITIVE_INFINITY;
    let intervalMs = 1_000;
    let patienceMs = 10_000;
    let target = '';
    for (let i = 0; i < args.length; i++) {
      const word = args[i] ?? '';
      const letter = /^-([ciWwsI])(.*)$/.exec(word);
      if (letter !== null) {
        const value = letter[2] === '' ? (args[++i] ?? '') : (letter[2] ?? '');
        if ('ciWws'.includes(letter[1] ?? '') && !/^\d+(\.\d+)?$/.test(value))
          return fail(io, `ping: invalid argument: '${value}'`);
        if (letter[1] === 'c') count = Number(value);
        if (letter[1] === 'W') patienceMs = Number(value) * 1_000;
        if (letter[1] === 'i') intervalMs = Number(value) * 1_000;
      } else if (word.startsWith('-')) {
        if (!/^-[46nqvOD]+$/.test(word)) return fail(io, `ping: invalid option -- '${word.slice(1)}'`, 2);
      } else target = word;
    }
    if (target === '') return fail(io, 'ping: usage error: Destination address required');
    const ip = await addressFor(io, target);
    if (ip === undefined) return fail(io, `ping: ${target}: Name or service not known`, 2);
    return send(io, target, ip, { count, intervalMs, patienceMs });
  },
  complete: (words, io) => [...stateOf(io).hosts.keys()].filter((name) => name.startsWith(words.at(-1) ?? '')),
};

interface Pace {
  readonly count: number;
  readonly intervalMs: number;
  /** How long the last answer is waited for. */
  readonly patienceMs: number;
}

async function send(io: CommandIo, target: string, ip: string, pace: Pace): Promise<number> {
  const { count, intervalMs, patienceMs } = pace;
  const { gateway } = io;
  const began = gateway.world.now;
  const times: number[] = [];
  let errors = 0;
  let sent = 0;
  io.stdout(`PING ${target} (${ip}) 56(84) bytes of data.\n`);
  while (sent < count && !io.signal.aborted) {
    sent++;
    const result = gateway.inject({ type: 'packet', host: io.host, to: ip, port: 0, protocol: 'icmp' });
    const outcome = result.ok ? result.route?.outcome : undefined;
    const own = stateOf(io).hosts.get(io.host)?.ip ?? '';
    if (outcome === 'delivered' || outcome === 'refused') {
      const ms = roundTripMs(io, ip);
      times.push(ms);
      io.stdout(
        `64 bytes from ${target === ip ? ip : `${target} (${ip})`}: icmp_seq=${sent} ttl=64 time=${ms.toFixed(3)} ms\n`,
      );
    } else if (outcome === 'noRoute') {
      errors++;
      io.stdout(`From ${own} icmp_seq=${sent} Destination Host Unreachable\n`);
    } else if (outcome === 'rejected') {
      errors++;
      io.stdout(`From ${ip} icmp_seq=${sent} Destination Port Unreachable\n`);
    }
    if (sent === count && times.length === 0) await gateway.sleep(patienceMs, io.signal);
    else if (sent < count) {
      const next = gateway.world.now + intervalMs * 1_000;
      if (count === Number.POSITIVE_INFINITY) await gateway.wait(() => gateway.world.now >= next, io.signal);
      else await gateway.sleep(intervalMs, io.signal);
    }
  }
  const lost = Math.round((1 - times.length / sent) * 100);
  io.stdout(
    `\n--- ${target} ping statistics ---\n${sent} packets transmitted, ${times.length} received, ${errors > 0 ? `+${errors} errors, ` : ''}${lost}% packet loss, time ${Math.round((gateway.world.now - began) / 1_000)}ms\n`,
  );
  if (times.length > 0) {
    const average = times.reduce((sum, ms) => sum + ms, 0) / times.length;
    const deviation = Math.sqrt(times.reduce((sum, ms) => sum + (ms - average) ** 2, 0) / times.length);
    io.stdout(
      `rtt min/avg/max/mdev = ${[Math.min(...times), average, Math.max(...times), deviation].map((ms) => ms.toFixed(3)).join('/')} ms\n`,
    );
  }
  if (io.signal.aborted) return INTERRUPTED;
  return times.length > 0 ? 0 : 1;
}

/** There and back, from what the links between the two machines are like. */
function roundTripMs(io: CommandIo, ip: string): number {
  const { network, hostByIp } = stateOf(io);
  const there = hostByIp.get(ip);
  if (there === io.host || ip.startsWith('127.')) return (2 * network.loopbackUs) / 1_000;
  const extra =
    there === undefined
      ? 0
      : (network.links.get(`${io.host}>${there}`)?.extraUs ?? 0) +
        (network.links.get(`${there}>${io.host}`)?.extraUs ?? 0);
  return (2 * network.latencyUs + network.jitterUs / 2 + extra) / 1_000;
}
