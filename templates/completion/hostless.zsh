#compdef hostless
# zsh completion for hostless. In ~/.zshrc, after compinit: source <(hostless completion zsh)
# Or as a file _hostless in a directory of fpath.
_hostless() {
  local line value
  local -a lines candidates
  lines=("${(@f)$("${(Q)words[1]}" completion words -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ ${lines[1]} == files ]]; then
    _files
    return
  fi
  for line in "${(@)lines[2,-1]}"; do
    [[ -n $line ]] || continue
    value=${line%%$'\t'*}
    candidates+=("${value//:/\\:}:${line#*$'\t'}")
  done
  _describe -t hostless hostless candidates
}
if [[ ${funcstack[1]} == _hostless ]]; then
  _hostless "$@"
else
  compdef _hostless hostless
fi
