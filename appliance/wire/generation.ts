// The names of an image generation on the wire: in URLs, NFS export paths and filehandles.

declare const brand: unique symbol
/** First 16 hex digits of the SHA-256 that names an image's content: 8 bytes in a filehandle. */
export type Generation = string & { readonly [brand]: 'Generation' }
/** 1 to 32 of a-z, 0-9, `-`, `.`, beginning with a letter or digit: safe in a path, a URL and a command line. */
export type ImageName = string & { readonly [brand]: 'ImageName' }

export function parseGeneration(text: string): Generation | undefined {
  return /^[0-9a-f]{16}$/.test(text) ? (text as Generation) : undefined
}

export function parseImageName(text: string): ImageName | undefined {
  return /^[a-z0-9][a-z0-9.-]{0,31}$/.test(text) ? (text as ImageName) : undefined
}

/** The NFS export of a generation: `/dom0/0123456789abcdef`. */
export function exportPath(image: ImageName, generation: Generation): string {
  return `/${image}/${generation}`
}
