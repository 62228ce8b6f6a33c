# bash completion for hostless. In ~/.bashrc: source <(hostless completion bash)
_hostless() {
  local line=${COMP_LINE:0:COMP_POINT} word kind value description breaks kept=
  local -a words
  COMPREPLY=()
  read -ra words <<<"$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  word=${words[-1]#[\'\"]}
  words[-1]=$word
  # readline replaces only what follows the last of these.
  breaks=${COMP_WORDBREAKS//[^:=@]/}
  [[ -n $breaks && $word == *["$breaks"]* ]] && kept=${word%"${word##*["$breaks"]}"}
  {
    IFS= read -r kind || return
    if [[ $kind == files ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${word##*=}")
      return
    fi
    while IFS=$'\t' read -r value description; do COMPREPLY+=("${value#"$kept"}"); done
  } < <("${COMP_WORDS[0]}" completion words -- "${words[@]:1}" 2>/dev/null)
}
complete -F _hostless hostless
