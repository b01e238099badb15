# Writes the CSV files of this folder, except motor.csv.
#
#   Rscript make_datasets.R            (R >= 4.0.4, where esoph was corrected)
#
# Needs the packages MASS, brglm2, pscl, ordinal and palmerpenguins. Two small published tables
# are typed in full. Factors are written as their labels; their levels are in index.json, and
# tests/reference/fixtures/make_datasets_fixture.R records them for the tests to compare.
# motor.csv is simulated: glmkit.motor.simulate_motor().to_csv("motor.csv", index=False)

stopifnot(getRversion() >= "4.0.4")
here <- dirname(normalizePath(sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))))

# Shortest decimal that reads back as the same double, so that 1.64 stays 1.64.
shortest <- function(x) {
  text <- rep("NA", length(x))
  for (i in which(!is.na(x))) for (digits in 1:17) {
    text[i] <- formatC(x[i], digits = digits, format = "fg", width = 1)
    if (as.numeric(text[i]) == x[i]) break
  }
  text
}

put <- function(name, data) {
  text <- function(x) if (is.numeric(x)) shortest(x) else ifelse(is.na(x), "NA", as.character(x))
  columns <- lapply(data, text)
  lines <- c(paste(names(data), collapse = ","), do.call(paste, c(columns, sep = ",")))
  stopifnot(lengths(strsplit(lines, ",")) == ncol(data))       # no label holds a comma
  con <- file(file.path(here, paste0(name, ".csv")), "wb")
  writeLines(lines, con, sep = "\n")
  close(con)
}

packaged <- function(name, package) {
  place <- new.env()
  data(list = name, package = package, envir = place)
  as.data.frame(place[[name]])
}

put("warpbreaks", datasets::warpbreaks)
put("insect_sprays", datasets::InsectSprays)
put("infert", datasets::infert)
put("esoph", datasets::esoph)
put("trees", datasets::trees)
put("ucb_admissions", as.data.frame(datasets::UCBAdmissions))
put("quine", packaged("quine", "MASS"))
put("insurance_claims", packaged("Insurance", "MASS"))
put("ships", packaged("ships", "MASS"))
put("birthwt", packaged("birthwt", "MASS"))
put("menarche", packaged("menarche", "MASS"))
put("leuk", packaged("leuk", "MASS"))
put("housing", packaged("housing", "MASS"))
put("endometrial", packaged("endometrial", "brglm2"))
put("biochemists", packaged("bioChemists", "pscl"))
put("wine", packaged("wine", "ordinal"))
put("penguins", packaged("penguins", "palmerpenguins"))

# McCullagh and Nelder (1989), section 8.4.2.
put("clotting", data.frame(
  u = c(5, 10, 15, 20, 30, 40, 60, 80, 100),
  lot1 = c(118, 58, 42, 35, 27, 25, 21, 19, 18),
  lot2 = c(69, 35, 26, 21, 18, 16, 13, 12, 12)
))

# Dalal, Fowlkes and Hoadley (1989), after the Rogers Commission (1986). Their fits serve as a
# check of the typing: logit = 5.085 - 0.1156 temperature, 2.520 - 0.0983 temperature + 0.00848 pressure.
orings <- data.frame(
  flight = c("1", "2", "3", "5", "6", "7", "8", "9", "41B", "41C", "41D", "41G", "51A", "51C", "51D",
             "51B", "51G", "51F", "51I", "51J", "61A", "61B", "61C"),
  temperature = c(66, 70, 69, 68, 67, 72, 73, 70, 57, 63, 70, 78, 67, 53, 67, 75, 70, 81, 76, 79, 75, 76, 58),
  pressure = c(50, 50, 50, 50, 50, 50, 100, 100, rep(200, 15)),
  damaged = c(0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 2, 0, 1),
  rings = 6
)
fitted <- function(formula) unname(coef(glm(formula, binomial, orings)))
stopifnot(
  round(fitted(cbind(damaged, rings - damaged) ~ temperature), c(3, 4)) == c(5.085, -0.1156),
  round(fitted(cbind(damaged, rings - damaged) ~ temperature + pressure), c(3, 4, 5)) == c(2.520, -0.0983, 0.00848)
)
put("orings", orings)
