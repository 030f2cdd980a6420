// An upload put in order before anything else.
import LODEngine

let path = "shoe.obj"
// snippet.show
var model = try Model.read(contentsOf: path)
var options = RepairOptions()
options.weldTolerance = 0.0001  // Of the longest side: a tenth of a millimetre in a metre.
let report = try model.repair(options)
print(report.weldedVertices, "vertices welded,", report.degenerateTriangles, "flat triangles dropped")
// snippet.hide
