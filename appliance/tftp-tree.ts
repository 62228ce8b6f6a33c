// The tree that TFTP serves: boot loaders, memtest86+, scripts, and the files of generations as HTTP has them.
import { join } from 'node:path'
import { BIOS_LOADER, UEFI_LOADER } from './boot/bootfile.ts'
import { autoexecScript } from './boot/script.ts'
import { MEMTEST_PACKAGE, TOOL_FILES, TOOL_PATHS, toolFile } from './boot/tools.ts'
import { BOOT_FILES, type HttpLoader } from './http/boot-files.ts'
import { answerScript, answerXenConfig, type BootDesk } from './runner.ts'
import { openRegular } from './store/files.ts'
import type { SharedFiles } from './store/shared-files.ts'
import type { TftpFile } from './tftp/files.ts'
import { parseGeneration } from './wire/generation.ts'
import { macInPath, type PathRefusal } from './wire/path.ts'

/** Debian's package `ipxe` puts them there. */
const LOADERS = { folder: '/usr/lib/ipxe', names: [BIOS_LOADER, UEFI_LOADER, 'ipxe.efi'] } as const

/** `path` as wire/path.ts gives it: `undionly.kpxe`, `memtest.bin`, `autoexec.ipxe`, `boot/<mac>`, `xencfg/<attempt>`, `g/<generation>/<file>`. */
export async function openBootFile(desk: BootDesk, path: string, peer: string, shared: SharedFiles): Promise<TftpFile | PathRefusal> {
  const [first = '', second = '', third = '', ...more] = path.split('/')
  if (more.length > 0) return missing(`there is no ${path}`)
  if (second === '') {
    if (first === 'autoexec.ipxe') return text(autoexecScript(desk.fill, desk.server))
    const loader = LOADERS.names.find((name) => name === first) ?? toolFile(first)
    if (!loader) return missing(`there is no ${path}`)
    const place = placeOf(loader)
    return (
      (await openShared(place, shared)) ?? missing(`${place} is not there: apt-get install ${toolFile(loader) ? MEMTEST_PACKAGE : 'ipxe'}`)
    )
  }
  if (first === 'boot' && third === '') {
    const mac = macInPath(second)
    const answer = mac ? await answerScript(desk, mac, peer, 'tftp') : undefined
    return answer?.kind === 'script' ? text(answer.text) : missing(answer?.reason ?? `boot/${second}: not a MAC address`)
  }
  if (first === 'xencfg' && third === '') {
    const config = await answerXenConfig(desk, second, peer)
    return config === undefined ? missing(`there is no xen.cfg of boot attempt ${second}`) : text(config)
  }
  const generation = parseGeneration(second)
  const file = BOOT_FILES.find((name) => name === third)
  if (first !== 'g' || !generation || !file) return missing(`there is no ${path}`)
  const found = await desk.images.component(generation, file)
  if (found.kind === 'refused') return missing(found.reason)
  return (await openShared(found.path, shared)) ?? missing(`${found.path} is gone`)
}

async function openShared(path: string, shared: SharedFiles): Promise<TftpFile | undefined> {
  const opened = await openRegular(path)
  return opened && shared.share(opened)
}

function placeOf(name: (typeof LOADERS.names)[number] | HttpLoader): string {
  const tool = toolFile(name)
  return tool ? TOOL_PATHS[tool] : join(LOADERS.folder, name)
}

/** What hosts can boot once from this machine, besides their disk and a shell, as appliances tell it. */
export async function toolsHere(): Promise<readonly string[]> {
  const found = await Promise.all(TOOL_FILES.map(statLoader))
  return found.every((file) => file !== undefined) ? ['memtest'] : []
}

/** Where a loader, or memtest86+, lies, for HTTP; undefined when it is not installed. */
export async function statLoader(name: HttpLoader): Promise<{ path: string; size: number } | undefined> {
  const path = placeOf(name)
  const opened = await openRegular(path)
  await opened?.close()
  return opened && { path, size: opened.size }
}

function text(content: string): TftpFile {
  const bytes = Buffer.from(content)
  return {
    kind: 'file',
    size: bytes.length,
    read: async (position, length) => bytes.subarray(position, position + length),
    close: async () => {},
  }
}

function missing(reason: string): PathRefusal {
  return { kind: 'refusal', code: 'not-found', reason }
}
