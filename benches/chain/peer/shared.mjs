// Connections as both processes of the peer need them.
import pg from "pg";

export const pool = (url) => new pg.Pool({ connectionString: url, max: 10 });

export function connectionOf(url) {
  const { hostname, port, username, password } = new URL(url);
  return { host: hostname, port: Number(port), username: username || undefined, password: decodeURIComponent(password) };
}
