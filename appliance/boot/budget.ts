// iPXE's multiboot keeps the URIs and command lines of Xen and its modules in one array of 512 bytes and cuts
// off what does not fit without a word (ipxe arch/x86/image/multiboot.c, MB_MAX_CMDLINE): a boot that would be
// cut is refused instead. Xen itself holds 1023 bytes of a line, on UEFI too (xen/common/kernel.c, xen.h).
import type { Word } from './commandline.ts'

/** MB_MAX_CMDLINE */
export const MULTIBOOT_BYTES = 512
/** Xen's `saved_cmdline` and a PV domain's `cmd_line` (MAX_GUEST_CMDLINE), each 1024 with its NUL. */
const XEN_LINE_BYTES = 1023

/** An image as iPXE has it: the full URI and the command line behind it, empty for none. */
export interface MultibootImage {
  readonly uri: string
  readonly line: string
}

/** Bytes that iPXE needs: URI, a blank and the line where there is one, and a NUL, for each image. */
export function multibootBytes(images: readonly MultibootImage[]): number {
  return images.reduce((sum, { uri, line }) => sum + Buffer.byteLength(uri) + (line === '' ? 0 : 1 + Buffer.byteLength(line)) + 1, 0)
}

/** undefined when it fits; else by how much it does not, with the longest settings first. */
export function overBudget(images: readonly MultibootImage[], words: readonly Word[]): string | undefined {
  const needed = multibootBytes(images)
  if (needed <= MULTIBOOT_BYTES) return undefined
  return `its command lines need ${needed} bytes on BIOS and iPXE has ${MULTIBOOT_BYTES}: ${needed - MULTIBOOT_BYTES} too many. ${longest(words)}. Shorten them, or boot this host by UEFI`
}

/** The same for a line of Xen's; `what` says whose. */
export function overLine(what: string, line: string, words: readonly Word[]): string | undefined {
  const bytes = Buffer.byteLength(line)
  if (bytes <= XEN_LINE_BYTES) return undefined
  return `the command line of ${what} has ${bytes} bytes and Xen keeps ${XEN_LINE_BYTES}: ${bytes - XEN_LINE_BYTES} too many. ${longest(words)}. Shorten them`
}

function longest(words: readonly Word[]): string {
  const bytes = new Map<string, number>()
  for (const { setting, text } of words) {
    if (setting) bytes.set(setting, (bytes.get(setting) ?? 0) + Buffer.byteLength(text) + 1)
  }
  const sorted = [...bytes].sort(([, a], [, b]) => b - a).slice(0, 3)
  return `Longest settings: ${sorted.map(([setting, count]) => `${setting} ${count} bytes`).join(', ')}`
}
