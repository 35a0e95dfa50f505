/** Output goes to a terminal: what an object or a log line holds must not steer it. */

/**
 * Control characters made visible, except newline and tab: ESC becomes `^[`, a carriage return `\r`.
 * @source staging/src/k8s.io/kubectl/pkg/cmd/get/table_printer.go, terminal escaping of kubectl
 */
export function cleanText(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (char) => {
    const code = char.charCodeAt(0);
    if (char === '\r') return '\\r';
    if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
    return code === 0x7f ? '^?' : `\\u00${code.toString(16)}`;
  });
}
