// Applies all migrations to PostgreSQL 18, and does there what needs no server of its own: statistics, indexes, tokens.
// PGlite's PostGIS makes no vector tiles of rows, and is one session.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { PGlite } from '@electric-sql/pglite'
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist'
import { pgcrypto } from '@electric-sql/pglite/contrib/pgcrypto'
import { postgis } from '@electric-sql/pglite-postgis'

const folder = process.argv[2]
const secret = 'the key of the tests, 32 bytes long or more'
const route = '11111111-2222-4333-8444-555555555555'

function read(path) {
  return readFileSync(`${folder}/${path}`, 'utf8')
}

async function value(db, sql, parameters) {
  const { rows } = await db.query(sql, parameters)
  return Object.values(rows[0])[0]
}

/** Runs one way of a migration, as Diesel does: in a transaction, unless its metadata say otherwise. */
async function run(db, name, way) {
  const sql = read(`versions/${name}/${way}.sql`)
  const settings = `${folder}/versions/${name}/metadata.toml`
  const alone = existsSync(settings) && /run_in_transaction *= *false/.test(readFileSync(settings, 'utf8'))
  const running = alone ? db.exec(sql) : db.transaction((transaction) => transaction.exec(sql))
  await running.catch((error) => {
    throw new Error(`${name}/${way}.sql: ${error.message}`)
  })
}

/** As the crate does, which needs a server: what the schema needs, its versions, and its functions with their rights. */
async function migrate(db) {
  await db.exec(read('sql/make_what_schema_needs.sql'))
  await db.exec(read('sql/add_extensions_to_path.sql'))
  const names = readdirSync(`${folder}/versions`).sort()
  for (const name of names) await run(db, name, 'up')
  const functions = readdirSync(`${folder}/functions`)
  await db.transaction(async (transaction) => {
    await transaction.exec(read('sql/prepare_functions.sql'))
    for (const file of functions) await transaction.exec(read(`functions/${file}`))
    await transaction.exec(read('sql/grant_rights.sql'))
  })
  assert.ok(functions.length > 0)
  return names
}

async function revert(db, names) {
  for (const name of names.toReversed()) await run(db, name, 'down')
}

function token(claims) {
  const encode = (json) => Buffer.from(JSON.stringify(json)).toString('base64url')
  const input = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** What an index calls must not need the caller's search path. */
async function build(db) {
  await db.exec(`
    INSERT INTO pois (id, location, kind)
    SELECT i * 10 + 1, ST_MakePoint(24 + i * 0.001, 60)::geography, 'cafe' FROM generate_series(1, 1000) AS i;
    SET search_path = '';
    ANALYZE;
    REINDEX TABLE public.pois;
    RESET search_path;`)
  assert.ok((await value(db, "SELECT count(*) FROM pg_stats WHERE tablename = 'pois_cell_popularity_idx'")) > 0)
  assert.ok((await value(db, 'SELECT count(*) FROM pois_in_cells(13, 4653, 2378)')) > 40)
}

async function openWalk(db) {
  await db.query("INSERT INTO tile_token_keys (secret) VALUES (convert_to($1, 'UTF8'))", [secret])
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'wildside', aud: 'wildside-tiles', route_id: route, iat: now, nbf: now, exp: now + 900 }
  const access = (token) =>
    value(db, 'SELECT public.route_access(0, 0, 0, $1) IS NOT NULL', [{ route_id: route, token }])
  await db.exec("SET search_path = ''")
  assert.equal(await access(token(claims)), true)
  assert.equal(await access(token({ ...claims, exp: now - 900 })), false)
  assert.equal(await value(db, 'SELECT public.base_tile(14, 0, 0)'), null)
  await db.exec('RESET search_path')
}

const db = await PGlite.create({ extensions: { postgis, pgcrypto, btree_gist } })
const names = await migrate(db)
await build(db)
await openWalk(db)
await revert(db, names)
await migrate(db)
console.log(`${names.length} migrations, there, back and there again, on`, await value(db, 'SELECT version()'))
console.log('indexes, statistics and tile tokens need no search path there')
