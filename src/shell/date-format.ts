/** `date +FORMAT`, in UTC. */

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** @param atMs  milliseconds since 1970 */
export function formatDate(atMs: number, format: string): string {
  const date = new Date(atMs);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = DAYS[date.getUTCDay()] ?? '';
  const month = MONTHS[date.getUTCMonth()] ?? '';
  const value = (code: string): string => {
    switch (code) {
      case 'Y':
        return String(date.getUTCFullYear());
      case 'm':
        return two(date.getUTCMonth() + 1);
      case 'd':
        return two(date.getUTCDate());
      case 'e':
        return String(date.getUTCDate()).padStart(2);
      case 'H':
        return two(date.getUTCHours());
      case 'I':
        return two(date.getUTCHours() % 12 || 12);
      case 'p':
        return date.getUTCHours() < 12 ? 'AM' : 'PM';
      case 'M':
        return two(date.getUTCMinutes());
      case 'S':
        return two(date.getUTCSeconds());
      case 's':
        return String(Math.floor(atMs / 1_000));
      case 'N':
        return `${String(date.getUTCMilliseconds()).padStart(3, '0')}000000`;
      case '3N':
        return String(date.getUTCMilliseconds()).padStart(3, '0');
      case 'F':
        return `${value('Y')}-${value('m')}-${value('d')}`;
      case 'T':
        return `${value('H')}:${value('M')}:${value('S')}`;
      case 'R':
        return `${value('H')}:${value('M')}`;
      case 'a':
        return day.slice(0, 3);
      case 'A':
        return day;
      case 'b':
      case 'h':
        return month.slice(0, 3);
      case 'B':
        return month;
      case 'Z':
        return 'UTC';
      case 'z':
        return '+0000';
      case ':z':
        return '+00:00';
      case 'j':
        return String(Math.floor((atMs - Date.UTC(date.getUTCFullYear(), 0, 1)) / 86_400_000) + 1).padStart(3, '0');
      case 'u':
        return String(date.getUTCDay() || 7);
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case '%':
        return '%';
      default:
        return `%${code}`;
    }
  };
  return format.replace(/%(3N|:z|[A-Za-z%])/g, (_whole, code: string) => value(code));
}

/** `Jan 01 09:00:00`, as syslog and journalctl write it. */
export function syslogTime(atMs: number): string {
  return formatDate(atMs, '%b %d %H:%M:%S');
}
