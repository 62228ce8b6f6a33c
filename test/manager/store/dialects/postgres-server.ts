// A PostgreSQL of this test process alone: in a temporary directory, on a Unix socket, without fsync, gone with the process.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import pg from 'pg'

/** PostgreSQL refuses to run as root. */
const NOBODY = 65534
const isRoot = process.getuid?.() === 0
/** Of the npm packages, and gone with them. */
const CACHE = join(createRequire(import.meta.url).resolve('pg/package.json'), '../../.cache/hostless')

const OPTIONS = ['listen_addresses=', 'fsync=off', 'full_page_writes=off', 'max_connections=200', 'shared_buffers=16MB']

export class PostgresServer {
  readonly #folder: string
  readonly #binaries = binaries()
  #server: ChildProcess | undefined

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'hl-postgres-'))
    if (isRoot) chownSync(this.#folder, NOBODY, NOBODY)
    process.once('exit', () => {
      this.#server?.kill('SIGQUIT')
      rmSync(this.#folder, { recursive: true, force: true, maxRetries: 20 })
    })
    const made = join(CACHE, `postgres-${process.getuid?.() ?? 0}-${basename(dirname(this.#binaries))}`)
    if (existsSync(made)) copyFolder(made, this.#data)
    else this.#make(made)
  }

  /** And keeps it for the next ones: initdb takes most of the time that a test file needs for its database. */
  #make(kept: string): void {
    const settings = ['-U', 'hostless', '-A', 'trust', '--locale=C', '-E', 'UTF8', '--no-sync']
    const [command, args] = this.#asNobody('initdb', ['-D', this.#data, ...settings])
    const made = spawnSync(command, args, { cwd: this.#folder, encoding: 'utf8' })
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
    mkdirSync(CACHE, { recursive: true })
    const fresh = mkdtempSync(`${kept}-`)
    copyFolder(this.#data, join(fresh, 'data'))
    try {
      renameSync(join(fresh, 'data'), kept)
    } catch {
      // Another test was first, or will be: this one has its own.
    }
    rmSync(fresh, { recursive: true, force: true })
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  /** Resolves when it can be connected to. */
  async start(): Promise<void> {
    const options = [...OPTIONS, `unix_socket_directories=${this.#folder}`].flatMap((option) => ['-c', option])
    const [command, args] = this.#asNobody('postgres', ['-D', this.#data, ...options])
    const server = spawn(command, args, { cwd: this.#folder, stdio: ['ignore', 'ignore', 'pipe'] })
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      let said = ''
      server.stderr.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString('utf8')).slice(-4000)
        if (said.includes('ready to accept connections')) resolve()
      })
      server.once('exit', () => reject(new Error(`PostgreSQL ended: ${said}`)))
      server.once('error', reject)
    })
    server.unref()
    // The pipe must not keep the process alive either.
    if ('unref' in server.stderr && typeof server.stderr.unref === 'function') server.stderr.unref()
  }

  /** At once, as after a loss of power. */
  async stop(): Promise<void> {
    const server = this.#server
    if (!server || server.exitCode !== null || server.signalCode !== null) return
    // Nothing else may be left that keeps the process alive until then.
    server.ref()
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill('SIGQUIT')
    await ended
  }

  /** The URL of a database that nobody has used. */
  async newDatabase(): Promise<string> {
    const name = `test_${randomBytes(6).toString('hex')}`
    await this.run('postgres', `CREATE DATABASE ${name}`)
    return this.#url(name)
  }

  /** Ends every connection to it, as a restart of the server would. */
  async disconnectAll(url: string): Promise<void> {
    const { database: name } = new pg.Client(url)
    await this.run('postgres', `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`)
  }

  async run(database: string, statement: string): Promise<void> {
    const client = new pg.Client(this.#url(database))
    await client.connect()
    await client.query(statement).finally(() => client.end())
  }

  #url(name: string): string {
    return `postgres://hostless@/${name}?host=${this.#folder}`
  }

  /** Ended by the kernel when this process is, however that ends. */
  #asNobody(program: string, args: readonly string[]): [string, string[]] {
    const user = isRoot ? [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'] : []
    return ['setpriv', [...user, '--pdeathsig=QUIT', join(this.#binaries, program), ...args]]
  }
}

let shared: Promise<PostgresServer> | undefined

/** One for all tests of a process. */
export function sharedPostgres(): Promise<PostgresServer> {
  shared ??= (async () => {
    const server = new PostgresServer()
    await server.start()
    return server
  })()
  return shared
}

/** Of the newest version that Debian's package has installed. */
function binaries(): string {
  const root = '/usr/lib/postgresql'
  try {
    const newest = readdirSync(root).sort((a, b) => Number(b) - Number(a))[0]
    if (newest) return join(root, newest, 'bin')
  } catch {
    // said below
  }
  throw new Error(`there is no PostgreSQL in ${root}: apt-get install postgresql (test/setup.sh test does)`)
}

/** With owners and modes. */
function copyFolder(from: string, to: string): void {
  const { status, stderr } = spawnSync('cp', ['--archive', '--reflink=auto', from, to], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`no copy of ${from}: ${stderr}`)
}
