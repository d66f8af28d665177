{{- define "notifications.selector" -}}
app.kubernetes.io/name: notifications
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .name }}
{{- end }}

{{- define "notifications.labels" -}}
{{ include "notifications.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- /* The programs that are enabled, by component. */}}
{{- define "notifications.programs" -}}
{{- $programs := dict "producer-api" .Values.producerApi "delivery" .Values.delivery "away" .Values.away "console" .Values.console }}
{{- range $name, $program := $programs }}
{{- if not $program.enabled }}{{ $_ := unset $programs $name }}{{ end }}
{{- end }}
{{- toYaml $programs }}
{{- end }}

{{- define "notifications.image" -}}
{{ with .root.Values.image.registry }}{{ . }}/{{ end }}{{ .name }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}
{{- end }}

{{- /* What all pods have in common: no privilege, no token, a read-only file system. */}}
{{- define "notifications.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
  {{- with .root.Values.podSecurityContext }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
volumes:
  - name: tmp
    emptyDir: {medium: Memory, sizeLimit: 16Mi}
  {{- with .root.Values.filesSecret }}
  - name: files
    secret: {secretName: {{ . }}, defaultMode: 0440}
  {{- end }}
{{- end }}

{{- define "notifications.container" -}}
image: {{ include "notifications.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
volumeMounts:
  - {name: tmp, mountPath: /tmp}
  {{- if .root.Values.filesSecret }}
  - {name: files, mountPath: /run/secrets/notifications, readOnly: true}
  {{- end }}
envFrom: # of two Secrets with the same key, the later one wins
  {{- range concat .root.Values.existingSecrets .secrets }}
  - secretRef: {name: {{ . }}}
  {{- end }}
{{- end }}

{{- /* Merges maps. A later map wins, even with an empty value: `merge` would drop `false`. */}}
{{- define "notifications.env" -}}
{{- $env := dict }}
{{- range . }}
{{- range $name, $value := . }}{{ $_ := set $env $name $value }}{{ end }}
{{- end }}
{{- range $name, $value := $env }}
{{- /* Helm reads numbers as floats, and would write 1048576 as 1.048576e+06. */}}
{{- if and (kindIs "float64" $value) (eq $value (floor $value)) }}{{ $value = printf "%.0f" $value }}{{ end }}
- {name: {{ $name }}, value: {{ $value | toString | quote }}}
{{- end }}
{{- end }}
