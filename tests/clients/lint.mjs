// lint.mjs OPENAPI ASYNCAPI: refuses documents of which Redocly or the AsyncAPI parser has anything to say.
import {readFileSync} from 'node:fs';
import {Parser} from '@asyncapi/parser';
import {lint, loadConfig} from '@redocly/openapi-core';

const [openapi, asyncapi] = process.argv.slice(2);
const config = await loadConfig({configPath: new URL('redocly.yaml', import.meta.url).pathname});
const problems = (await lint({ref: openapi, config})).map(({ruleId, message, location: [at]}) =>
  `${openapi} ${at?.pointer}: ${message} (${ruleId})`);
const {diagnostics} = await new Parser().parse(readFileSync(asyncapi, 'utf8'));
problems.push(...diagnostics.map(({path, message}) => `${asyncapi} ${path.join('.')}: ${message}`));
problems.forEach((problem) => console.error(problem));
process.exitCode = problems.length === 0 ? 0 : 1;
