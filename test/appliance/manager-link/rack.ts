// A rack on loopback: appliance and manager as processes that a test kills, on one config, and hosts that fetch their scripts.
import { type ChildProcess, spawn } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { publish } from '../../../images/publish.ts'
import { type ManagerAddress, managerAddress } from '../../../manager/protocol/appliance.ts'
import { imageName, imported, quiet, setUp } from '../../images/fake-image.ts'
import { type BootOfHost, until } from '../../manager/site.ts'
import { hostless } from '../../program.ts'

/** A process of a busy machine is there after this, ms. */
const STARTING = 240_000

export interface Rack {
  readonly dataDir: string
  /** Of the appliance: `http://127.0.0.1:…`. */
  readonly http: string
  start(what: 'appliance' | 'manager'): Promise<Running>
  /** Asks the appliance from this address: undefined when it does not answer. */
  get(path: string, from: string): Promise<{ readonly status: number; readonly text: string } | undefined>
  /** What a host's firmware does. */
  boot(mac: string, from: string): Promise<BootOfHost>
  /** What the host's agent does. */
  findManager(boot: BootOfHost, from: string): Promise<ManagerAddress>
}

export interface Running {
  readonly said: () => string
  /** kill -9; resolves when it is dead. */
  kill(): Promise<void>
}

/** With one published image; nothing runs yet. */
export async function newRack(t: ExecutionContext, hosts = '[]'): Promise<Rack> {
  const { dataDir, files } = await setUp(t)
  const manifest = await imported(dataDir, files)
  await publish(dataDir, imageName('dom0'), manifest.generation, quiet)
  const [http, tftp, nfs, manager] = [await freePort(), await freePort(), await freePort(), await freePort()]
  const config = join(dataDir, 'hostless.yaml')
  await writeFile(
    config,
    `dataDir: ${dataDir}
network: { interface: lo, address: 127.0.0.1/8 }
dhcp: { mode: off }
tftp: { port: ${tftp} }
http: { port: ${http} }
nfs: { port: ${nfs}, portmap: false }
boot: { enrol: auto }
hosts: ${hosts}
manager: { listen: "127.0.0.1:${manager}" }
`,
  )
  const get: Rack['get'] = (path, localAddress) =>
    new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port: http, path, localAddress, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', () => resolve(undefined))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }))
      })
      asked.on('error', () => resolve(undefined))
      asked.end()
    })
  return {
    dataDir,
    http: `http://127.0.0.1:${http}`,
    start: (what) => start(t, what, config),
    get,
    boot: (mac, from) =>
      until(
        `the boot script of ${mac}`,
        async () => {
          const [, attempt, token] = /hl\.boot=([a-z2-7]{16})\.([\w-]{43})/.exec((await get(`/boot/${mac}`, from))?.text ?? '') ?? []
          return attempt !== undefined && token !== undefined && { attempt, token }
        },
        STARTING,
      ),
    findManager: (boot, from) =>
      until('the address of the manager', async () => {
        const answer = await get(`/manager/${boot.attempt}`, from)
        return answer?.status === 200 && managerAddress.parse(JSON.parse(answer.text))
      }),
  }
}

async function start(t: ExecutionContext, what: string, config: string): Promise<Running> {
  const [node, ...args] = hostless(what, '--config', config)
  const child: ChildProcess = spawn(node, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString('utf8')
  })
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await ended
  }
  t.teardown(kill)
  await until(
    `${what} ready`,
    () => {
      if (child.exitCode !== null) throw new Error(`${what} ended: ${said}`)
      return said.includes(`${what} ready`)
    },
    STARTING,
  ).catch((error: unknown) => {
    throw new Error(`${what} said only: ${said}`, { cause: error })
  })
  return { said: () => said, kill }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
