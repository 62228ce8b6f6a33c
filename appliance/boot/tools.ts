// Files that are served beside the boot loaders, by the names that scripts call them: what Debian's package memtest86+ (6.10 in Debian 12)
// puts on this machine. Both are Linux bzImages, and the second is an EFI application, too.

export const TOOL_PATHS = { 'memtest.bin': '/boot/memtest86+x64.bin', 'memtest.efi': '/boot/memtest86+x64.efi' } as const

export type ToolFile = keyof typeof TOOL_PATHS

export const TOOL_FILES: readonly ToolFile[] = ['memtest.bin', 'memtest.efi']

export const MEMTEST_PACKAGE = 'memtest86+'

export function toolFile(name: string): ToolFile | undefined {
  return TOOL_FILES.find((known) => known === name)
}
