internal import Glibc
internal import LODTool

exit(ToolRun.run(Array(CommandLine.arguments.dropFirst()), on: .standard))
