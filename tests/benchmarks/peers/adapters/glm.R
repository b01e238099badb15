# Rscript glm.R FOLDER FORMULA FAMILY OFFSET ANSWER: time glm() and its printed summary on one workload.
arguments <- commandArgs(TRUE)
folder <- arguments[1]
formula <- as.formula(arguments[2])
family <- switch(arguments[3], poisson = poisson(), binomial = binomial(), gamma = Gamma("log"))
offset_name <- arguments[4]
answer <- arguments[5]

meta <- readLines(file.path(folder, "meta"))
rows <- as.integer(meta[1])

read_column <- function(name, kind) {
  path <- file.path(folder, paste0(name, ".bin"))
  if (kind == "double") return(readBin(path, "double", rows))
  codes <- readBin(path, "integer", rows, size = 4L)
  structure(codes, levels = readLines(file.path(folder, paste0(name, ".lev"))), class = "factor")
}

kinds <- strsplit(meta[-1], " ")
data <- as.data.frame(lapply(kinds, function(kind) read_column(kind[1], kind[2])))
names(data) <- vapply(kinds, `[`, "", 1)
if (offset_name != "none") data$.offset <- data[[offset_name]]

mebibytes <- function(field) {
  line <- grep(field, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

# Scoring for the Gamma's log link converges linearly: at 1e-10 its coefficients are not yet right to 1e-7.
control <- glm.control(epsilon = if (arguments[3] == "gamma") 1e-14 else 1e-10)

fit <- function() {
  model <- if (offset_name == "none") {
    glm(formula, family, data, control = control)
  } else {
    glm(formula, family, data, offset = .offset, control = control)
  }
  summarised <- summary(model)
  invisible(capture.output(print(summarised)))
  summarised$coefficients
}

repeats <- if (rows < 5000) 30 else 1
seconds <- numeric(repeats)
invisible(gc())
cat("5", file = "/proc/self/clear_refs")
before <- mebibytes("VmRSS")
for (i in seq_len(repeats)) {
  begin <- as.numeric(Sys.time())
  table <- fit()
  seconds[i] <- as.numeric(Sys.time()) - begin
}
peak <- mebibytes("VmHWM") - before

connection <- file(answer, "wb")
writeBin(c(median(seconds), peak, as.numeric(nrow(table))), connection)
writeBin(as.numeric(table[, 1:2]), connection)
close(connection)
