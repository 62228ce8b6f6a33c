// Where to go after signing in: a path of ours, and never another site's.

export function safePath(path: string | null): string {
  return path !== null && /^\/(?![/\\])[!-[\]-~]*$/.test(path) && path.length <= 1024 ? path : '/'
}
