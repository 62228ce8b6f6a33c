// Starts the peers in a namespace and waits until they answer. They end with the namespace.

import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { lastLines, waitForText } from '../lab/console.ts'
import { runInNamespace, startInNamespace } from '../lab/namespace.ts'
import { RACK_ADDRESS } from '../lab/plan.ts'
import { DNSMASQ_READY } from './dnsmasq.ts'
import { ganeshaConfig, ganeshaUrl } from './ganesha.ts'
import { NGINX_PORT, nginxConfig } from './nginx.ts'

export interface Housing {
  readonly namespace: string
  /** For configurations and logs. */
  readonly folder: string
}

const READY_MS = 20_000

/** Gives the log's file. Rejects with the log's last lines when it does not get ready. */
export async function startDnsmasq({ namespace, folder }: Housing, config: string): Promise<string> {
  const [configFile, log] = [join(folder, 'dnsmasq.conf'), join(folder, 'dnsmasq.log')]
  await writeFile(configFile, config)
  startInNamespace(namespace, ['dnsmasq', '--keep-in-foreground', `--conf-file=${configFile}`], log)
  await waitForText(() => readFile(log, 'utf8'), DNSMASQ_READY, READY_MS, 'dnsmasq')
  return log
}

/** Ready when libnfs can list the export. */
export async function startGanesha({ namespace, folder }: Housing, exported: string): Promise<void> {
  const [configFile, log] = [join(folder, 'ganesha.conf'), join(folder, 'ganesha.log')]
  await writeFile(configFile, ganeshaConfig(exported))
  const script = join(import.meta.dirname, 'ganesha.sh')
  startInNamespace(namespace, ['unshare', '--mount', '--propagation', 'private', 'sh', script, configFile], log)
  await waitForAnswer(namespace, ['nfs-ls', ganeshaUrl(RACK_ADDRESS)], 'nfs-ganesha', log)
}

/** Ready when it serves `probe`, a path below `served`. */
export async function startNginx({ namespace, folder }: Housing, served: string, probe: string): Promise<void> {
  const [configFile, log] = [join(folder, 'nginx.conf'), join(folder, 'nginx.log')]
  await writeFile(configFile, nginxConfig(RACK_ADDRESS, folder, served))
  startInNamespace(namespace, ['nginx', '-c', configFile, '-e', join(folder, 'nginx-error.log')], log)
  const url = `http://${RACK_ADDRESS}:${NGINX_PORT}/${probe}`
  await waitForAnswer(namespace, ['curl', '--silent', '--fail', '--head', '--output', '/dev/null', url], 'nginx', log)
}

async function waitForAnswer(namespace: string, question: readonly string[], who: string, log: string): Promise<void> {
  const until = Date.now() + READY_MS
  for (;;) {
    const { exitCode, stdout, stderr } = await runInNamespace(namespace, question, { timeoutMs: READY_MS })
    if (exitCode === 0) return
    if (Date.now() >= until) {
      const last = lastLines(await readFile(log, 'utf8'), 12).join('\n')
      throw new Error(`${who} does not answer within ${READY_MS / 1000} s (${(stderr || stdout).trim()}); the end of ${log}:\n${last}`)
    }
    await pause(100)
  }
}
