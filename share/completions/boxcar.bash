# Completion for bash of boxcar, kliko-run, kliko-validate and task-api. boxcar itself says what may come (boxcar complete); the
# path of a file is completed by bash-completion.
_boxcar() {
  local cur words cword
  _get_comp_words_by_ref -n =: cur words cword

  local program=${words[0]##*/} caller=boxcar i
  local -a before=()
  if [[ $program == boxcar ]]; then caller=${words[0]/#\~\//$HOME/}; else before=("$program"); fi
  for ((i = 1; i < cword; i++)); do before+=("${words[i]//[\\\"\']/}"); done

  local word meaning beginning
  while IFS=$'\t' read -r word meaning; do
    case $word in
      :files\ *) beginning=${word#:files } cur=${cur#"$beginning"} && _filedir ;;
      :directories\ *) beginning=${word#:directories } cur=${cur#"$beginning"} && _filedir -d ;;
      *[=:/]) compopt -o nospace && COMPREPLY+=("$word") ;;
      *) COMPREPLY+=("$(printf '%q' "$word")") ;;
    esac
  done < <("$caller" complete "${before[@]}" "${cur//[\\\"\']/}" 2>/dev/null)

  # Readline takes "=" and ":" for ends of words: of a candidate only what follows the last one typed is wanted.
  local typed=${words[cword]} i
  typed=${typed%"${typed##*[=:]}"}
  for i in "${!COMPREPLY[@]}"; do COMPREPLY[i]=${COMPREPLY[i]#"$typed"}; done
} && complete -F _boxcar boxcar kliko-run kliko-validate task-api
