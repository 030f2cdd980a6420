internal import Glibc
internal import LODTool
internal import VitrineConsole

exit(ToolRun.run(Array(CommandLine.arguments.dropFirst()), on: .standard(of: "lod")))
