// What the bundles change in other people's code, each change checked to have found its place: a new version of Ink
// that moved it fails the build instead of quietly losing the change.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

// Making an Intl.Segmenter takes 20 ms: only text beyond ASCII and boxes needs one.
const lazySegmenter = [
  /const segmenter = (new Intl\.Segmenter\([^)]*\));/,
  'let madeSegmenter; const segmenter = { segment: (text) => (madeSegmenter ??= $1).segment(text) };',
];

/** In main.cjs the UI library and the shell interpreter are files of their own, loaded when first needed. */
export const ownRooms = {
  name: 'own-rooms',
  setup(builder) {
    builder.onResolve({ filter: /\/ink\/mount\.tsx$/ }, () => ({ path: './ink.cjs', external: true }));
    builder.onResolve({ filter: /^just-bash$/ }, () => ({ path: './bash.cjs', external: true }));
    lazily(builder, 'string-width', 'export default (...inputs) => load().default(...inputs);');
    lazily(builder, 'marked', 'export const marked = { lexer: (text) => load().marked.lexer(text) };');
    patch(builder, /node_modules\/string-width\/index\.js$/, [lazySegmenter]);
  },
};

/** Ink starts without waiting, without developer tools, and writes through our lean output stage. */
export const inkForOneThread = {
  name: 'ink-for-one-thread',
  setup(builder) {
    replace(builder, /^\.\/output\.js$/, 'output.ts', 'Output');
    replace(builder, /^\.\/sanitize-ansi\.js$/, 'sanitize-ansi.ts', 'sanitizeAnsi');
    replace(builder, /^string-width$/, 'string-width.ts', 'stringWidth');
    patch(builder, /node_modules\/ink\/build\/reconciler\.js$/, [
      [/if \(process\.env\['DEV'\] === 'true'\) \{[\s\S]*?\n\}\n(?=const diff)/, ''],
      [/async function loadPackageJson\(\) \{[\s\S]*?\n\}\n/, ''],
      [/if \(process\.env\['DEV'\] === 'true'\) \{\n {4}try \{\n {8}const loaded[\s\S]*?\n\}\n/, ''],
    ]);
    patch(builder, /node_modules\/ink\/build\/ink\.js$/, [
      [/if \(process\.env\['DEV'\] === 'true'\) \{[\s\S]*?\n {8}\}\n/, ''],
    ]);
    patch(builder, /node_modules\/ink\/build\/line-update\.js$/, [lazySegmenter]);
    patch(builder, /node_modules\/string-width\/index\.js$/, [lazySegmenter]);
    patch(builder, /node_modules\/@alcalzone\/ansi-tokenize\/build\/tokenize\.js$/, [lazySegmenter]);
    // Yoga as published awaits at the top of a module; instantiating synchronously takes no longer.
    patch(builder, /node_modules\/yoga-layout\/dist\/src\/index\.js$/, [
      [
        /const Yoga = wrapAssembly\(await loadYoga\(\)\);/,
        `const assembly = { instantiateWasm(imports, receive) {
           const instance = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from(wasmBase64, 'base64')), imports);
           receive(instance);
           return instance.exports;
         } };
         loadYoga(assembly);
         const Yoga = wrapAssembly(assembly);`,
      ],
      [/import loadYoga from/, "import { wasmBase64 } from 'yoga-wasm-base64';\nimport loadYoga from"],
    ]);
    const wasmFile = join(root, 'node_modules/yoga-layout/dist/binaries/yoga-wasm-base64-esm.js');
    const wasmPattern = /"data:application\/octet-stream;base64,([A-Za-z0-9+/=]+)"/;
    patch(builder, /yoga-wasm-base64-esm\.js$/, [[wasmPattern, '"data:application/octet-stream;base64,"']]);
    builder.onResolve({ filter: /^yoga-wasm-base64$/ }, () => ({ path: 'yoga-wasm-base64', namespace: 'wasm' }));
    builder.onLoad({ filter: /.*/, namespace: 'wasm' }, () => {
      const found = wasmPattern.exec(readFileSync(wasmFile, 'utf8'));
      if (!found) throw new Error('build: the WebAssembly of yoga-layout is not where it was');
      return { contents: `export const wasmBase64 = ${JSON.stringify(found[1])};` };
    });
  },
};

/** The learner's bash without the interpreters, databases and network clients that a cluster's laptop has no use for. */
export const bashWithoutInterpreters = {
  name: 'bash-without-interpreters',
  setup(builder) {
    const absent =
      /^(undici|sql\.js|quickjs-emscripten|turndown|@mongodb-js\/zstd|node-liblzma|seek-bzip)$|\/(undici|python3|js-exec|sqlite3|html-to-markdown|xan|yq)-[A-Z0-9]{8}\.js$/;
    builder.onResolve({ filter: absent }, ({ path }) => ({ path, namespace: 'absent' }));
    builder.onLoad({ filter: /.*/, namespace: 'absent' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get(_, name) {
        if (name === '__esModule') return false;
        throw new Error('not simulated: ' + ${JSON.stringify(path)});
      } });`,
      loader: 'js',
    }));
  },
};

/** A package whose tables and patterns take milliseconds to set up is set up when it is first used. */
function lazily(builder, name, contents) {
  builder.onResolve({ filter: new RegExp(`^${name}$`) }, ({ namespace }) =>
    namespace === 'lazily' ? undefined : { path: name, namespace: 'lazily' },
  );
  builder.onLoad({ filter: new RegExp(`^${name}$`), namespace: 'lazily' }, () => ({
    contents: `const load = () => require(${JSON.stringify(name)});\n${contents}`,
    resolveDir: root,
  }));
}

/** Whatever imports the default of `filter` gets `name` of our file instead; our file itself still gets the original. */
function replace(builder, filter, file, name) {
  const path = join(root, 'src/ui/ink', file);
  builder.onResolve({ filter }, ({ importer, namespace }) => {
    const isAsked =
      namespace === 'file' && (filter.source.includes('string-width') || /node_modules\/ink\/build\//.test(importer));
    return isAsked && importer !== path ? { path: `${file}:${name}`, namespace: 'ours' } : undefined;
  });
  builder.onLoad({ filter: new RegExp(`^${file}:`), namespace: 'ours' }, () => ({
    contents: `export { ${name} as default } from ${JSON.stringify(path)};`,
    resolveDir: root,
  }));
}

function patch(builder, filter, replacements) {
  builder.onLoad({ filter }, ({ path }) => {
    let contents = readFileSync(path, 'utf8');
    for (const [pattern, replacement] of replacements) {
      if (!pattern.test(contents)) throw new Error(`build: ${path} no longer holds ${pattern}`);
      contents = contents.replace(pattern, replacement);
    }
    return { contents, loader: 'js' };
  });
}
